"""A synthesised CloudFormation template, asked by what its resources are and not by their generated names."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

Resource = dict[str, Any]

# What `Ref` gives for the resources whose names the template states.
_NAME_PROPERTY = {
    "AWS::S3::Bucket": "BucketName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::EventBus": "Name",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
}
_ARN = {
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:us-east-1:123456789012:table/{}",
    "AWS::Events::EventBus": "arn:aws:events:us-east-1:123456789012:event-bus/{}",
}


@dataclass(frozen=True)
class Template:
    """One stack of a cloud assembly in `folder`."""

    folder: Path
    name: str

    @property
    def path(self) -> Path:
        return self.folder / f"{self.name}.template.json"

    @cached_property
    def body(self) -> dict[str, Any]:
        """All tests of a worker share it: none may change it."""
        body: dict[str, Any] = json.loads(self.path.read_text("utf-8"))
        return body

    def resources(self, type_: str) -> dict[str, Resource]:
        """The resources of a type, by logical id."""
        return {key: value for key, value in self.body["Resources"].items() if value["Type"] == type_}

    def state_table(self) -> Resource:
        """The table that is the truth; the other one is that of page views."""
        return next(value for key, value in self.resources("AWS::DynamoDB::Table").items() if key.startswith("State"))

    def functions(self) -> dict[str, Resource]:
        """Lambda functions by the name of their folder under functions/."""
        return {
            function["Properties"]["Handler"].split(".")[1]: function
            for function in self.resources("AWS::Lambda::Function").values()
        }

    def bundle(self, function: str) -> Path:
        """The zip that the template deploys for a function."""
        digest = self.functions()[function]["Properties"]["Code"]["S3Key"].removesuffix(".zip")
        return self.folder / f"asset.{digest}.zip"

    def bundle_names(self, function: str) -> list[str]:
        with zipfile.ZipFile(self.bundle(function)) as bundle:
            return bundle.namelist()

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every statement of every identity policy, with the logical id of its policy."""
        for key, resource in self.body["Resources"].items():
            properties = resource.get("Properties", {})
            documents = [properties["PolicyDocument"]] if resource["Type"] in _IDENTITY_POLICIES else []
            if resource["Type"] == "AWS::IAM::Role":
                documents = [policy["PolicyDocument"] for policy in properties.get("Policies", ())]
            for document in documents:
                yield from ((key, statement) for statement in document["Statement"])

    def role_statements(self, function: str) -> list[dict[str, Any]]:
        """What a function may do."""
        role = self.functions()[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = {
            key
            for key, policy in self.resources("AWS::IAM::Policy").items()
            if {"Ref": role} in policy["Properties"]["Roles"]
        }
        return [statement for key, statement in self.statements() if key in policies]

    def resolve(self, value: Any) -> Any:
        """`value` with each `Ref` to a named resource replaced by the name, any other by `<logical id>`."""
        if isinstance(value, dict):
            if value.keys() == {"Ref"}:
                return self._name(value["Ref"])
            if value.keys() == {"Fn::Join"}:
                separator, parts = value["Fn::Join"]
                return separator.join(part if isinstance(part, str) else str(self.resolve(part)) for part in parts)
            return {key: self.resolve(item) for key, item in value.items()}
        return [self.resolve(item) for item in value] if isinstance(value, list) else value

    def arn(self, value: Any) -> str:
        """A statement's resource as an ARN; that of a resource without a stated name is `arn:of:<its id's words>`."""
        if isinstance(value, str):
            return value
        if "Fn::Join" in value:
            separator, parts = value["Fn::Join"]
            return str(separator.join(self.arn(part) for part in parts))
        key, attribute = value["Fn::GetAtt"] if "Fn::GetAtt" in value else (value["Ref"], "Ref")
        type_, name = self.body["Resources"][key]["Type"], self._name(key)
        if attribute == "Arn" and type_ in _ARN:
            return _ARN[type_].format(name)
        return f"arn:of:{key[:-8]}"

    def made_before(self, key: str) -> set[str]:
        """The logical ids that CloudFormation has made, or changed, when it comes to this one."""
        found: set[str] = set()
        left = [key]
        while left:
            for before in _named_in(self.body["Resources"][left.pop()]) & self.body["Resources"].keys() - found:
                found.add(before)
                left.append(before)
        return found

    def _name(self, key: str) -> str:
        resource = self.body["Resources"].get(key)
        if resource is None or resource["Type"] not in _NAME_PROPERTY:
            return f"<{key}>"
        return str(resource["Properties"][_NAME_PROPERTY[resource["Type"]]])


_IDENTITY_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")


def listed(value: Any) -> list[Any]:
    """IAM writes a list of one as its element."""
    return value if isinstance(value, list) else [value]


def _named_in(resource: Any) -> set[str]:
    """What a resource depends on, by its own word or by naming it."""
    if isinstance(resource, list):
        return set().union(*map(_named_in, resource))
    if not isinstance(resource, dict):
        return set()
    found = set(listed(resource.get("DependsOn", [])))
    if isinstance(resource.get("Ref"), str):
        found.add(resource["Ref"])
    if isinstance(attribute := resource.get("Fn::GetAtt"), list):
        found.add(attribute[0])
    if isinstance(text := resource.get("Fn::Sub"), str):
        found.update(re.findall(r"\$\{(\w+)", text))
    return found.union(*map(_named_in, resource.values()))
