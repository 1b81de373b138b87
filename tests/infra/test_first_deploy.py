"""A first deploy that fails can be repeated at once; the second step protects what it made, and replaces nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.infra.contexts import ACCOUNT
from tests.infra.creation import fixed_name, left_behind, obstacles
from tests.infra.template import Template

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

PROTECTS = {
    "AWS::CloudFront::Distribution": {"DistributionConfig"},
    "AWS::CloudWatch::Alarm": {"ActionsEnabled"},
    "AWS::DynamoDB::Table": {"DeletionProtectionEnabled"},
    "AWS::Events::Rule": {"State"},
    "AWS::S3::Bucket": {"LoggingConfiguration"},
    "AWS::S3::BucketPolicy": {"PolicyDocument"},
}
"""What the second step changes. None needs a replacement: CloudFormation's reference says "No interruption" of each."""
ADOPTED = {"AWS::DynamoDB::Table", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
"""Types that a new stack takes over by their names
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html)."""


def named(stack: Template, prefix: str, type_: str) -> str:
    (key,) = (key for key in stack.resources(type_) if key.startswith(prefix))
    return key


def test_wherever_a_first_creation_stops_nothing_is_in_the_way_of_the_next(first: Template) -> None:
    assert obstacles(first) == set()
    edge = {key for key in left_behind(first) if key.startswith("Edge")}
    # The edge function can't be deleted while CloudFront has replicas; its name is new in each stack.
    assert {first.body["Resources"][key]["Type"] for key in edge} == {"AWS::Lambda::Function", "AWS::Lambda::Version"}
    assert left_behind(first) == edge


def test_without_the_first_step_a_failed_creation_is_in_the_way(production: Template) -> None:
    assert obstacles(production) == {
        "the stack",
        named(production, "StateTable", "AWS::DynamoDB::Table"),
        # The relay has filled the routes, and the buckets' requests are logged.
        named(production, "StorageConfig", "AWS::S3::Bucket"),
        named(production, "StorageLogs", "AWS::S3::Bucket"),
    }


def test_the_second_step_replaces_nothing_and_loses_no_data(first: Template, production: Template) -> None:
    before, after = first.body["Resources"], production.body["Resources"]
    added = after.keys() - before.keys()
    assert before.keys() <= after.keys()
    # It fills the store of routes, which nobody has asked yet.
    assert {after[key]["Type"] for key in added} == {"Custom::FilledRouteStore"}
    for key, resource in before.items():
        assert resource["Type"] == after[key]["Type"]
        for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
            assert resource.get(policy) == after[key].get(policy), key
        changed = changes(resource.get("Properties", {}), after[key].get("Properties", {}))
        assert changed <= PROTECTS.get(resource["Type"], set()), key
    (configurations,) = (
        [each["Properties"]["DistributionConfig"] for each in (before[key], after[key])]
        for key in first.resources("AWS::CloudFront::Distribution")
    )
    assert changes(*configurations) == {"Logging"}


def test_a_first_deploy_mails_no_alarm(first: Template, production: Template) -> None:
    alarms = first.resources("AWS::CloudWatch::Alarm")
    assert alarms
    assert {alarm["Properties"]["ActionsEnabled"] for alarm in alarms.values()} == {False}
    assert {
        each["Properties"]["ActionsEnabled"] for each in production.resources("AWS::CloudWatch::Alarm").values()
    } == {True}
    # The one alarm that data which is missing sets off comes minutes after the clock that brings the data.
    missing = named(first, "AlarmsRolloutMissing", "AWS::CloudWatch::Alarm")
    (distribution,) = first.resources("AWS::CloudFront::Distribution")
    (tick,) = (key for key in first.resources("AWS::Events::Rule") if key.startswith("RolloutsRolloutEveryMinute"))
    assert distribution in first.made_before(missing)
    assert first.body["Resources"][tick]["Properties"]["State"] == "ENABLED"


@pytest.mark.parametrize("name", ["first", "production", "customised"])
def test_what_outlives_the_stack_is_adopted_by_the_next(name: str, request: pytest.FixtureRequest) -> None:
    stack: Template = request.getfixturevalue(name)
    kept = {
        key: resource
        for key, resource in stack.body["Resources"].items()
        if "Retain" in resource.get("DeletionPolicy", "") and fixed_name(resource)
    }
    assert {resource["Type"] for resource in kept.values()} == ADOPTED
    for key, resource in kept.items():
        # CloudFormation adopts what has one of these policies, and a name without a function in it.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate", key
        name_of_it = json.loads(str(fixed_name(resource)))
        assert isinstance(name_of_it, str), key
        assert "edgeship-production" in name_of_it


def test_a_further_region_can_be_tried_again_too(customised: Template) -> None:
    copy = Template(customised.folder, "edgeship-production-edge-eu-west-1")
    assert obstacles(copy) == set()


def test_the_edge_function_has_a_new_name_in_each_stack(production: Template) -> None:
    function = production.functions()["edge"]["Properties"]
    mark = {"Fn::Select": [0, {"Fn::Split": ["-", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]}]}
    assert function["FunctionName"] == {"Fn::Join": ["", ["edgeship-production-edge-", mark]]}
    assert len(f"edgeship-{'e' * 20}-edge-{'0' * 8}") <= 64
    (group,) = (g for key, g in production.resources("AWS::Logs::LogGroup").items() if key.startswith("Edge"))
    assert group["Properties"]["LogGroupName"]["Fn::Join"][1] == [
        "/aws/lambda/us-east-1.edgeship-production-edge-",
        mark,
    ]
    assert ACCOUNT not in str(function["FunctionName"])


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
