"""Deploys a cloud assembly to the emulator as `cdk deploy` would: its assets into the bootstrap bucket, then the stack.

Only two things of `cdk bootstrap` matter to a template: the bucket it reads code from and the SSM parameter it checks.
Both are made by API, which saves a CDK command line and its fifteen seconds.
"""

from __future__ import annotations

import io
import json
import stat
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from localcloud import emulator_gaps
from localcloud.account import ACCOUNT, REGION
from localcloud.assembly import Assembly, FileAsset
from localcloud.sandbox import SandboxSession

BOOTSTRAP_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = "30"
DEPLOY_SECONDS = 300.0

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_POLL_SECONDS = 0.2
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can hold; equal inputs give equal bytes


class DeploymentFailed(RuntimeError):
    """The stack did not come up; the message names each failed resource and its reason."""


@dataclass(frozen=True)
class Stack:
    """A deployed stack: its outputs, and the physical ids of its resources by type."""

    name: str
    outputs: dict[str, str]
    resources: dict[str, list[str]]

    def only(self, resource_type: str) -> str:
        """The physical id of the one resource of a type.

        Raises:
            LookupError: the stack has none or several.
        """
        found = self.resources.get(resource_type, [])
        if len(found) != 1:
            raise LookupError(f"stack {self.name} has {len(found)} resources of type {resource_type}, not one")
        return found[0]


def deploy(session: SandboxSession, assembly: Assembly, on_progress: Callable[[str], None] = lambda _: None) -> Stack:
    """Create the stack, or update it to the assembly.

    Raises:
        DeploymentFailed: a resource failed, or the stack took longer than DEPLOY_SECONDS.
    """
    _bootstrap(session)
    _publish(session, assembly.assets, on_progress)
    template, taken_out = emulator_gaps.take_out(assembly.template)
    _apply(session, assembly.stack, template, on_progress)
    stack = _describe(session, assembly.stack)
    for resource in taken_out:
        on_progress(f"{resource.logical_id} {resource.type} by its API")
        emulator_gaps.create(session, resource, stack.outputs)
    return stack


def _bootstrap(session: SandboxSession) -> None:
    s3 = session.client("s3")
    if BOOTSTRAP_BUCKET not in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=BOOTSTRAP_BUCKET)
    session.client("ssm").put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value=BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )


def _publish(session: SandboxSession, assets: tuple[FileAsset, ...], on_progress: Callable[[str], None]) -> None:
    s3 = session.client("s3")

    def put(asset: FileAsset) -> None:
        body = zip_folder(asset.source) if asset.zipped else asset.source.read_bytes()
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)
        on_progress(f"asset {asset.key} ({len(body):,} bytes)")

    with ThreadPoolExecutor(max_workers=4) as pool:
        list(pool.map(put, assets))


def zip_folder(folder: Path) -> bytes:
    """A zip of `folder`'s files that depends on nothing but their paths, bytes and executable bits."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME)
            mode = 0o755 if path.stat().st_mode & stat.S_IXUSR else 0o644
            entry.external_attr = (stat.S_IFREG | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def _apply(session: SandboxSession, name: str, template: dict[str, Any], on_progress: Callable[[str], None]) -> None:
    cloudformation = session.client("cloudformation")
    # By URL: a body in the request may have 51,200 bytes, an object of S3 1,000,000.
    key = f"{name}.template.json"
    session.client("s3").put_object(Bucket=BOOTSTRAP_BUCKET, Key=key, Body=json.dumps(template).encode())
    arguments = {
        "StackName": name,
        "TemplateURL": f"{session.endpoint_url}/{BOOTSTRAP_BUCKET}/{key}",
        "Capabilities": _CAPABILITIES,
    }
    seen = {event["EventId"] for event in _events(cloudformation, name)}
    try:
        if seen:
            cloudformation.update_stack(**arguments)
        else:
            cloudformation.create_stack(**arguments, OnFailure="DO_NOTHING")
    except ClientError as error:
        message = error.response["Error"]["Message"]
        if "No updates are to be performed" in message:
            return
        raise DeploymentFailed(f"stack {name}: {message}") from error
    _follow(cloudformation, name, seen, on_progress)


def _follow(cloudformation: Any, name: str, seen: set[str], on_progress: Callable[[str], None]) -> None:
    deadline = time.monotonic() + DEPLOY_SECONDS
    failures: list[str] = []
    while True:
        # The status first: the events read after a final status are all there will be.
        status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        for event in reversed([e for e in _events(cloudformation, name) if e["EventId"] not in seen]):
            seen.add(event["EventId"])
            line = f"{event['LogicalResourceId']} {event['ResourceType']} {event['ResourceStatus']}"
            on_progress(line)
            if event["ResourceStatus"].endswith("_FAILED"):
                failures.append(f"{line}: {event.get('ResourceStatusReason', 'no reason given')}")
        if not status.endswith("_IN_PROGRESS"):
            break
        if time.monotonic() > deadline:
            raise DeploymentFailed(f"stack {name} is still {status} after {DEPLOY_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        raise DeploymentFailed(f"stack {name} is {status}:\n" + "\n".join(failures))


def _events(cloudformation: Any, name: str) -> Iterator[dict[str, Any]]:
    """Newest first; none when the stack does not exist."""
    try:
        for page in cloudformation.get_paginator("describe_stack_events").paginate(StackName=name):
            yield from page["StackEvents"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise


def _describe(session: SandboxSession, name: str) -> Stack:
    cloudformation = session.client("cloudformation")
    described = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    resources: dict[str, list[str]] = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=name):
        for resource in page["StackResourceSummaries"]:
            resources.setdefault(resource["ResourceType"], []).append(resource["PhysicalResourceId"])
    return Stack(
        name=name,
        outputs={output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])},
        resources=resources,
    )
