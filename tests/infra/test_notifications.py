"""What holds for the way of an event to those that are told: rule, queue, function, topic."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from edgeship.adapters.http.retry_after import LONGEST as MAX_RETRY_AFTER
from edgeship.application.notifications.deliver_notice import LEASE
from edgeship.domain.events import EventType
from edgeship.domain.notifications.backoff import backoff
from edgeship.resource_names import NOTICE_PREFIX
from infra.app import ROOT
from infra.constructs.notifications import TIMEOUT
from tests.infra.template import Template, listed

pytestmark = pytest.mark.xdist_group("infra")

Properties = dict[str, Any]


def rule(template: Template) -> Properties:
    (found,) = (
        each["Properties"]
        for key, each in template.resources("AWS::Events::Rule").items()
        if key.startswith("Notifications")
    )
    return found


def queue(template: Template) -> tuple[str, Properties]:
    (target,) = rule(template)["Targets"]
    key = target["Arn"]["Fn::GetAtt"][0]
    return key, template.resources("AWS::SQS::Queue")[key]["Properties"]


@pytest.mark.parametrize("type_", EventType)
def test_every_event_of_ours_goes_into_the_queue(type_: EventType, production: Template) -> None:
    pattern = EventPattern.load(json.dumps(rule(production)["EventPattern"]))
    sample = json.loads((ROOT / "events" / f"edgeship.{type_.value.lower().replace(' ', '-')}.json").read_text())
    assert pattern.matches_event(sample)
    assert not pattern.matches_event({**sample, "source": "aws.s3"})
    assert production.resolve(rule(production)["EventBusName"]) == "edgeship-production"


def test_the_bus_may_fill_the_queue_and_nobody_else(production: Template) -> None:
    key, _ = queue(production)
    statements = [
        statement
        for policy in production.resources("AWS::SQS::QueuePolicy").values()
        if {"Ref": key} in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]
    (statement,) = statements
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert "sqs:SendMessage" in listed(statement["Action"])
    (source,) = statement["Condition"]["ArnEquals"].values()
    assert source["Fn::GetAtt"][0].startswith("NotificationsEvery")


def test_a_message_is_tried_for_at_least_a_day_and_then_set_aside_before_it_is_lost(production: Template) -> None:
    _, properties = queue(production)
    attempts = properties["RedrivePolicy"]["maxReceiveCount"]
    day = 24 * 3600
    # The shortest waits that there are: a receiver that fails at once, and processes that die.
    assert sum(backoff(attempt, 0.0) for attempt in range(1, attempts + 1)) >= day
    assert attempts * properties["VisibilityTimeout"] >= day
    # The longest: a receiver that asks for the most each time, and the function's own time.
    longest = attempts * (max(MAX_RETRY_AFTER, backoff(attempts, 1.0)) + TIMEOUT.to_seconds())
    assert longest < properties["MessageRetentionPeriod"] == 14 * day
    aside = properties["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    kept = production.resources("AWS::SQS::Queue")[aside]["Properties"]
    assert kept["MessageRetentionPeriod"] == 14 * 24 * 3600
    (target,) = rule(production)["Targets"]
    assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] != aside
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}


def test_the_function_names_what_it_could_not_handle(production: Template) -> None:
    key, properties = queue(production)
    (mapping,) = (
        each["Properties"]
        for each in production.resources("AWS::Lambda::EventSourceMapping").values()
        if each["Properties"]["EventSourceArn"] == {"Fn::GetAtt": [key, "Arn"]}
    )
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (10, {"MaximumConcurrency": 5})
    function = production.functions()["notification"]["Properties"]
    assert mapping["FunctionName"]["Ref"] in production.resources("AWS::Lambda::Function")
    # A message that a dead process held comes again when its claims are free.
    assert properties["VisibilityTimeout"] >= function["Timeout"] + LEASE.total_seconds()
    variables = function["Environment"]["Variables"]
    assert variables["EDGESHIP_QUEUE_URL"] == {"Ref": key}


def test_it_writes_deliveries_alone_and_reads_secrets_of_its_environment_alone(production: Template) -> None:
    by_action = {
        action: statement
        for statement in production.role_statements("notification")
        for action in listed(statement["Action"])
    }
    assert by_action["dynamodb:UpdateItem"]["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{NOTICE_PREFIX}*"]}
    }
    assert "dynamodb:PutItem" not in by_action
    account = "us-east-1:123456789012"
    assert by_action["ssm:GetParameter"]["Resource"] == f"arn:aws:ssm:{account}:parameter/edgeship/production/*"
    secrets = by_action["secretsmanager:GetSecretValue"]["Resource"]
    assert secrets == f"arn:aws:secretsmanager:{account}:secret:edgeship/production/*"


def test_the_topic_is_named_and_its_address_is_an_option(production: Template, customised: Template) -> None:
    (key,) = (key for key in production.resources("AWS::SNS::Topic") if key.startswith("Notifications"))
    assert production.body["Resources"][key]["Properties"]["TopicName"] == "edgeship-production-notifications"
    assert production.body["Outputs"]["NotificationTopicArn"]["Value"] == {"Ref": key}
    variables = production.functions()["notification"]["Properties"]["Environment"]["Variables"]
    assert variables["EDGESHIP_TOPIC_ARN"] == {"Ref": key}
    assert not production.resources("AWS::SNS::Subscription")
    (subscription,) = (
        each["Properties"]
        for each in customised.resources("AWS::SNS::Subscription").values()
        if each["Properties"]["TopicArn"] == {"Ref": key}
    )
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.com")


def test_the_topic_takes_tls_alone(production: Template) -> None:
    (policy,) = (
        each["Properties"]
        for key, each in production.resources("AWS::SNS::TopicPolicy").items()
        if key.startswith("Notifications")
    )
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
