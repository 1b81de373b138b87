"""Stacks of CloudFormation, in any Region of one account."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError

from edgeship.application.deploying.ports import DeployFailed, Progress, StackFacts

BOOTSTRAP_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"
"""What `cdk bootstrap` writes last
(https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html)."""
BOOTSTRAP_VERSION: Final = 6
"""The oldest that the CDK's command line deploys with."""
_WITHOUT_DATA: Final = ("Custom::", "AWS::Lambda::Version")
"""Kept resources that nobody has to delete: a version goes with its function."""
_POLL_SECONDS: Final = 3.0
_LONGEST_SECONDS: Final = 2 * 3600.0
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})


class CloudFormationStacks:
    def __init__(
        self,
        session: boto3.Session,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session = session
        self._sleep = sleep
        self._monotonic = monotonic

    def read(self, region: str, name: str) -> StackFacts | None:
        """Also by the id of a stack that is gone."""
        try:
            (stack,) = self._client(region).describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
            if error.response["Error"]["Code"] == "ValidationError":
                return None
            raise
        changed = stack.get("LastUpdatedTime", stack["CreationTime"])
        return StackFacts(
            name=stack["StackName"],
            region=region,
            status=stack["StackStatus"],
            changed=changed.isoformat(),
            protected=bool(stack.get("EnableTerminationProtection")),
            outputs={output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])},
        )

    def delete(self, region: str, name: str, on_progress: Progress) -> list[str]:
        client = self._client(region)
        stack_id = client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        seen = {event["EventId"] for event in self._events(client, stack_id)}
        client.delete_stack(StackName=name)
        kept: list[str] = []
        failed: list[str] = []
        deadline = self._monotonic() + _LONGEST_SECONDS
        while True:
            stack = self.read(region, stack_id)
            for event in reversed([event for event in self._events(client, stack_id) if event["EventId"] not in seen]):
                seen.add(event["EventId"])
                resource = f"{event['ResourceType']} {event.get('PhysicalResourceId') or event['LogicalResourceId']}"
                match event["ResourceStatus"]:
                    case "DELETE_SKIPPED" if not event["ResourceType"].startswith(_WITHOUT_DATA):
                        kept.append(resource)
                    case "DELETE_FAILED":
                        failed.append(f"{resource}: {event.get('ResourceStatusReason', 'no reason given')}")
                    case "DELETE_COMPLETE":
                        on_progress(f"deleted {resource}")
            if stack is None or stack.status == "DELETE_COMPLETE":
                return kept
            if stack.status == "DELETE_FAILED":
                raise DeployFailed(f"{name} could not be deleted:\n" + "\n".join(failed))
            if self._monotonic() > deadline:
                raise DeployFailed(f"{name} is still {stack.status} after {_LONGEST_SECONDS / 3600:.0f} hours")
            self._sleep(_POLL_SECONDS)

    def unprotect(self, region: str, name: str) -> None:
        self._client(region).update_termination_protection(StackName=name, EnableTerminationProtection=False)

    def bootstrapped(self, region: str) -> bool | None:
        parameters = self._session.client("ssm", region_name=region)
        try:
            value = parameters.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
        except parameters.exceptions.ParameterNotFound:
            return False
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                return None
            raise
        return not value.isdecimal() or int(value) >= BOOTSTRAP_VERSION

    def _client(self, region: str) -> Any:
        return self._session.client("cloudformation", region_name=region)

    @staticmethod
    def _events(client: Any, stack: str) -> Iterator[dict[str, Any]]:
        """Newest first; none where the stack and its record are gone."""
        try:
            for page in client.get_paginator("describe_stack_events").paginate(StackName=stack):
                yield from page["StackEvents"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ValidationError":
                raise
