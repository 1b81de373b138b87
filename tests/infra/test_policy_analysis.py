"""Every statement by what IAM knows: policy_sentry's copy of AWS's service authorization reference.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from policy_sentry.querying.actions import get_action_data

from tests.infra.permissions_table import WITHOUT_RESOURCE
from tests.infra.template import Template, listed

pytestmark = pytest.mark.xdist_group("infra")

MAX_POLICY_CHARACTERS = 6_144
"""Of a managed policy, white space not counted
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""

TYPES_OF = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::SQS::Queue": "sqs",
    "AWS::SNS::Topic": "sns",
    "AWS::CloudFront::KeyValueStore": "cloudfront",
    "AWS::SecretsManager::Secret": "secretsmanager",
    "AWS::Logs::LogGroup": "logs",
}
"""The service in the ARN of a resource without a stated name."""


@cache
def known(action: str) -> list[dict[str, Any]]:
    """A line for each type of resource; none for an action that IAM does not know."""
    service, _, name = action.partition(":")
    data = get_action_data(service, name)
    return [line for line in data[service] if line["action"] == action] if data else []


def patterns(action: str) -> Iterator[re.Pattern[str]]:
    for line in known(action):
        if line["resource_arn_format"] != "*":
            pattern = re.escape(line["resource_arn_format"]).replace(r"\$\{BucketName\}", "[^/]+")
            yield re.compile(re.sub(r"\\\$\\\{\w+\\\}", ".*", pattern))


def faults(template: Template) -> Iterator[str]:
    for where, statement in template.statements():
        for action in listed(statement["Action"]):
            if not known(action):
                yield f"{where}: {action} is no action"
                continue
            for resource in listed(statement["Resource"]):
                if not _takes(template, action, resource):
                    yield f"{where}: {action} is not for {template.arn(resource)}"
            keys = {key for block in statement.get("Condition", {}).values() for key in block}
            allowed = {key for line in known(action) for key in line["condition_keys"]}
            for key in keys - allowed:
                yield f"{where}: {action} has no condition key {key}"


def _takes(template: Template, action: str, resource: Any) -> bool:
    arn = template.arn(resource)
    if arn == "*":
        return action in WITHOUT_RESOURCE
    if arn.startswith("arn:of:"):
        (logical,) = {resource["Fn::GetAtt"][0] if "Fn::GetAtt" in resource else resource["Ref"]}
        service = TYPES_OF[template.body["Resources"][logical]["Type"]]
        return any(
            pattern.pattern.split(":")[2] in (service, service.replace("-", r"\-")) for pattern in patterns(action)
        )
    # What ends in a wildcard is also about what is inside: a stream of a log group.
    arns = [arn, f"{arn}:log-stream:any"] if arn.endswith("*") else [arn]
    return any(pattern.fullmatch(one) for pattern in patterns(action) for one in arns)


@pytest.mark.parametrize("stack", ["production", "customised", "previewing"])
def test_actions_resources_and_condition_keys_go_together(stack: str, request: pytest.FixtureRequest) -> None:
    assert list(faults(request.getfixturevalue(stack))) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"Action": "s3:PutObjects"}, "s3:PutObjects is no action"),
        ({"Action": "s3:ListBucket"}, "s3:ListBucket is not for"),
        ({"Resource": "*"}, "s3:PutObject is not for *"),
        ({"Condition": {"StringLike": {"dynamodb:LeadingKeys": ["A"]}}}, "has no condition key dynamodb:LeadingKeys"),
    ],
)
def test_what_does_not_go_together_is_found(
    change: dict[str, Any], says: str, production: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::bucket/key*", **change}
    monkeypatch.setattr(Template, "statements", lambda _: iter([("Policy", statement)]))
    assert any(says in fault for fault in faults(production))


def test_only_few_actions_write_and_none_manages_permissions(customised: Template) -> None:
    """Who has every policy of a template can make nobody, change no policy and delete nothing but objects."""
    levels: dict[str, set[str]] = {}
    for _, statement in customised.statements():
        for action in listed(statement["Action"]):
            levels.setdefault(known(action)[0]["access_level"], set()).add(action)
    assert "Permissions management" not in levels
    assert {action for action in levels["Write"] if "Delete" in action} == {
        "cloudwatch:DeleteAlarms",
        "s3:DeleteObject",
        "sqs:DeleteMessage",
    }


def test_a_policy_for_people_fits(customised: Template) -> None:
    policies = customised.resources("AWS::IAM::ManagedPolicy").values()
    assert len(policies) == 4 + 2 * 3
    for policy in policies:
        document = customised.resolve(policy["Properties"]["PolicyDocument"])
        assert len(json.dumps(document, separators=(",", ":"))) <= MAX_POLICY_CHARACTERS
