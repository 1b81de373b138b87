"""What the emulator's CloudFormation cannot make, and how the local cloud makes it instead.

Each type here is taken out of the template before it is deployed and created through its own API after it. A type
that is neither here nor known to the emulator fails the deployment with the emulator's reason.

- AWS::Events::Archive: the emulator has the API, not the CloudFormation type.
- AWS::CloudWatch::Alarm on metric math: its CloudFormation takes alarms on one metric alone, its API takes both.

And a `Ref` that means something else there is replaced: of a secret, it is the ARN in AWS and the name there, which no
policy of a role matches
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-secretsmanager-secret.html).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from localcloud.sandbox import SandboxSession

Properties = dict[str, Any]
GAP_OUTPUT = "LocalCloudGap"
"""Names of outputs begin with this that only a gap needs."""


def _put_archive(session: SandboxSession, logical_id: str, properties: Properties) -> None:
    events = session.client("events")
    name = properties.get("ArchiveName", logical_id)
    settings: Properties = {
        key: properties[key] for key in ("Description", "RetentionDays", "KmsKeyIdentifier") if key in properties
    }
    if "EventPattern" in properties:
        settings["EventPattern"] = json.dumps(properties["EventPattern"])
    try:
        events.create_archive(ArchiveName=name, EventSourceArn=properties["SourceArn"], **settings)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
            raise
        events.update_archive(ArchiveName=name, **settings)


def _put_alarm(session: SandboxSession, logical_id: str, properties: Properties) -> None:
    session.client("cloudwatch").put_metric_alarm(**{"AlarmName": logical_id, **properties})


CREATORS: Mapping[str, Callable[[SandboxSession, str, Properties], None]] = {
    "AWS::CloudWatch::Alarm": _put_alarm,
    "AWS::Events::Archive": _put_archive,
}


def _is_gap(resource: Mapping[str, Any]) -> bool:
    type_ = resource["Type"]
    if type_ == "AWS::CloudWatch::Alarm":
        return "Metrics" in resource.get("Properties", {})
    return type_ in CREATORS


@dataclass(frozen=True)
class TakenOut:
    """A resource that is made by its API, with each expression in its properties replaced by an output's name."""

    logical_id: str
    type: str
    properties: Properties


@dataclass(frozen=True)
class _OutputValue:
    name: str


def take_out(template: Mapping[str, Any]) -> tuple[dict[str, Any], list[TakenOut]]:
    """`template` without what the emulator can't make of CREATORS, and those resources.

    An expression such as `{"Fn::GetAtt": [...]}` in a property of theirs becomes an output of the template, so that
    CloudFormation evaluates it.

    Raises:
        ValueError: something that stays in the template refers to a resource that is taken out.
    """
    kept: dict[str, Any] = _with_arns_of_secrets(copy.deepcopy(dict(template)))
    resources = kept.get("Resources", {})
    gone = {name: resources.pop(name) for name in list(resources) if _is_gap(resources[name])}
    for name, resource in resources.items():
        depends = resource.get("DependsOn", [])
        depends = [depends] if isinstance(depends, str) else depends
        if any(d in gone for d in depends):
            resource["DependsOn"] = [d for d in depends if d not in gone]
        _refuse_references(name, resource, gone)
    _refuse_references("Outputs", kept.get("Outputs", {}), gone)
    taken = []
    for name, resource in gone.items():
        outputs: dict[str, Any] = {}
        properties = _expressions_to_outputs(
            resource.get("Properties", {}), f"{GAP_OUTPUT}{_alphanumeric(name)}", outputs
        )
        if outputs:
            kept.setdefault("Outputs", {}).update(outputs)
        taken.append(TakenOut(name, resource["Type"], properties))
    return kept, taken


def _with_arns_of_secrets(template: dict[str, Any]) -> dict[str, Any]:
    resources = template.get("Resources", {})
    secrets = {name for name, resource in resources.items() if resource["Type"] == "AWS::SecretsManager::Secret"}

    def replaced(value: Any) -> Any:
        if isinstance(value, dict):
            if value.keys() == {"Ref"} and value["Ref"] in secrets:
                return {"Fn::GetAtt": [value["Ref"], "Id"]}
            return {key: replaced(item) for key, item in value.items()}
        return [replaced(item) for item in value] if isinstance(value, list) else value

    changed: dict[str, Any] = replaced(template)
    return changed


def create(session: SandboxSession, resource: TakenOut, outputs: Mapping[str, str]) -> None:
    """Make `resource`, or bring it up to date, with the stack's `outputs`.

    Raises:
        botocore.exceptions.ClientError: its API refused.
    """
    CREATORS[resource.type](session, resource.logical_id, _with_values(resource.properties, outputs))


def _expressions_to_outputs(value: Any, prefix: str, outputs: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        if len(value) == 1 and (key := next(iter(value))) and (key == "Ref" or key.startswith("Fn::")):
            name = f"{prefix}{len(outputs)}"
            outputs[name] = {"Value": value}
            return _OutputValue(name)
        return {key: _expressions_to_outputs(item, prefix, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [_expressions_to_outputs(item, prefix, outputs) for item in value]
    return value


def _with_values(value: Any, outputs: Mapping[str, str]) -> Any:
    if isinstance(value, _OutputValue):
        return outputs[value.name]
    if isinstance(value, dict):
        return {key: _with_values(item, outputs) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_values(item, outputs) for item in value]
    return value


def _refuse_references(where: str, value: Any, gone: Mapping[str, Any]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            target = item if key == "Ref" else item[0] if key == "Fn::GetAtt" and isinstance(item, list) else None
            if isinstance(target, str) and target in gone:
                raise ValueError(
                    f"{where} refers to {target} ({gone[target]['Type']}), which the local cloud makes after the stack"
                )
            _refuse_references(where, item, gone)
    elif isinstance(value, list):
        for item in value:
            _refuse_references(where, item, gone)


def _alphanumeric(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", name)
