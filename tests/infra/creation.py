"""A stack's creation that stops: what is left behind when CloudFormation rolls it back, and what the next one meets.

Resources are made side by side, so whatever may write is taken to have written when another fails.
DeletionPolicy: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.infra.template import Resource, Template, listed

NAMES = {
    "AWS::CloudFront::Function": "Name",
    "AWS::CloudFront::KeyValueStore": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::Events::Archive": "ArchiveName",
    "AWS::Events::EventBus": "Name",
    "AWS::Events::Rule": "Name",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::SSM::Parameter": "Name",
    "AWS::SecretsManager::Secret": "Name",
}
"""The property that names a resource in its account and Region. CloudFormation deletes a secret at once, without the
days for which Secrets Manager otherwise keeps its name."""
PARTS = {
    *("AWS::CloudFront::CachePolicy", "AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessControl"),
    *("AWS::CloudFront::OriginRequestPolicy", "AWS::CloudFront::ResponseHeadersPolicy", "AWS::IAM::Policy"),
    *("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Permission"),
    *("AWS::Lambda::Url", "AWS::Lambda::Version", "AWS::S3::BucketPolicy", "AWS::SNS::Subscription"),
    *("AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy", "Custom::FilledRouteStore"),
}
"""Types without a name of their own: parts of another resource, or with an id that AWS chooses. CloudFront's policies
have names, which the CDK makes of the stack's; all are deleted with the stack."""
WRITES_NOTHING_YET = {"rollout"}
"""Functions that the clock starts, and that write nothing while there is no channel, which a test of theirs shows."""


def obstacles(stack: Template) -> set[str]:
    """What is in the way of a second try of this template after its first creation stopped, at any resource."""
    found = {key for key in stack.body["Resources"] if _stays(stack, key) and _named(stack, key)}
    return found | ({"the stack"} if _terminates(stack) else set())


def left_behind(stack: Template) -> set[str]:
    """The logical ids of what stays in the account, in nobody's way."""
    return {key for key in stack.body["Resources"] if _stays(stack, key)} - obstacles(stack)


def fixed_name(resource: Resource) -> str | None:
    """Its name, if the template alone gives it: the same in each stack that is made from it.

    Raises:
        KeyError: the type is not known here. Find out whether such a resource has a name.
    """
    if resource["Type"] in PARTS:
        return None
    name = resource.get("Properties", {}).get(NAMES[resource["Type"]])
    return None if name is None or "AWS::StackId" in json.dumps(name) else json.dumps(name)


def _named(stack: Template, key: str) -> bool:
    return fixed_name(stack.body["Resources"][key]) is not None


def _terminates(stack: Template) -> bool:
    manifest = json.loads((stack.folder / "manifest.json").read_text("utf-8"))
    return bool(manifest["artifacts"][stack.name]["properties"].get("terminationProtection"))


def _stays(stack: Template, key: str) -> bool:
    resource = stack.body["Resources"][key]
    if resource.get("DeletionPolicy") == "Retain":
        return True
    properties = resource.get("Properties", {})
    if resource["Type"] == "AWS::DynamoDB::Table":
        return bool(properties.get("DeletionProtectionEnabled"))
    if resource["Type"] == "AWS::S3::Bucket":
        return key in set(_written(stack))
    # CloudFront keeps replicas of it for hours.
    return resource["Type"] == "AWS::Lambda::Function" and key in _at_the_edge(stack)


def _at_the_edge(stack: Template) -> set[str]:
    versions = {
        association["LambdaFunctionARN"]["Ref"]
        for distribution in stack.resources("AWS::CloudFront::Distribution").values()
        for behavior in distribution["Properties"]["DistributionConfig"]["CacheBehaviors"]
        for association in behavior.get("LambdaFunctionAssociations", ())
    }
    return {stack.body["Resources"][version]["Properties"]["FunctionName"]["Ref"] for version in versions}


def _written(stack: Template) -> Iterator[str]:
    """The buckets in which there may be an object before anybody uses the stack."""
    for bucket in stack.resources("AWS::S3::Bucket").values():
        if logging := bucket["Properties"].get("LoggingConfiguration"):
            yield logging["DestinationBucketName"]["Ref"]
    for distribution in stack.resources("AWS::CloudFront::Distribution").values():
        if logging := distribution["Properties"]["DistributionConfig"].get("Logging"):
            yield logging["Bucket"]["Fn::GetAtt"][0]
    names = {bucket["Properties"]["BucketName"]: key for key, bucket in stack.resources("AWS::S3::Bucket").items()}
    for function in _running(stack):
        for statement in stack.role_statements(function):
            if "s3:PutObject" in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    bucket = stack.arn(resource).removeprefix("arn:aws:s3:::").split("/")[0]
                    if bucket in names:
                        yield names[bucket]


def _running(stack: Template) -> set[str]:
    """The functions that run before anybody uses the stack: by the clock, or because CloudFormation asks them."""
    started: list[Any] = [
        target["Arn"]
        for rule in stack.resources("AWS::Events::Rule").values()
        if "ScheduleExpression" in rule["Properties"] and rule["Properties"]["State"] == "ENABLED"
        for target in rule["Properties"]["Targets"]
    ]
    started += [
        resource["Properties"]["ServiceToken"]
        for resource in stack.body["Resources"].values()
        if "ServiceToken" in resource.get("Properties", {})
    ]
    keys = {arn["Fn::GetAtt"][0] for arn in started}
    functions = stack.resources("AWS::Lambda::Function")
    return {functions[key]["Properties"]["Handler"].split(".")[1] for key in keys} - WRITES_NOTHING_YET
