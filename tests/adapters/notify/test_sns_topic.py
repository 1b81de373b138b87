"""Notices to SNS, on moto: what a subscriber gets, and SNS's rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.adapters.notify.sns_topic import SnsSender, subject
from edgeship.application.notifications.ports import NotSent
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination, Kind
from edgeship.resource_names import REGION
from tests.support.moto.aws import ACCOUNT, Aws
from tests.support.notices import notices

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MAIL = Destination("mail", Kind.SNS)
NOTICES = notices()


def received(aws: Aws, notice: Notice) -> dict[str, Any]:
    """What a queue gets that subscribes to the topic."""
    sns = boto3.client("sns", region_name=REGION)
    topic = sns.create_topic(Name="notices")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:delivered")
    SnsSender(sns, topic).send(MAIL, notice, NOW)
    (message,) = aws.bus_events()
    return message


def test_a_subscriber_gets_plain_text_and_what_to_filter_by(aws: Aws) -> None:
    message = received(aws, NOTICES["rollout aborted"])
    assert message["Subject"] == "[critical] checkout: latest: rollout to 1.5.0 aborted"
    assert message["Message"].splitlines() == [
        "checkout: latest: rollout to 1.5.0 aborted",
        "",
        "Now: latest is at 1.4.2 now, locked",
        "",
        "environment: production",
        "cause: error rate 13.66 % (limit 5 %) in 3 periods in a row, 483 sessions",
        "by: edgeship:rollout",
        "at: 2026-11-24T16:00:05.000Z",
        "analysis: error rate 13.66 %, limit 5 %, 483 sessions",
        "next: Publish a fixed version, then: edgeship unlock checkout --env production",
        "",
        "event: c8d95c88a90f07a5fdfbdf3078397039",
    ]
    assert {name: each["Value"] for name, each in message["MessageAttributes"].items()} == {
        "event": "Rollout Aborted",
        "severity": "critical",
        "widget": "checkout",
    }


def test_an_event_of_no_widget_has_no_such_attribute(aws: Aws) -> None:
    message = received(aws, NOTICES["test"])
    assert message["MessageAttributes"].keys() == {"event", "severity"}
    assert "Now:" not in message["Message"]


def test_an_arrow_is_spelt_in_the_subject() -> None:
    assert subject(NOTICES["rollback"]) == "[critical] checkout: latest 1.4.2 -> 1.4.1 (rollback)"


@settings(max_examples=50)
@given(title=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=300))
def test_a_subject_keeps_to_the_rules(title: str) -> None:
    """ASCII on one line, under 100 characters, beginning with a letter, digit or punctuation."""
    text = subject(replace(NOTICES["test"], title=title))
    assert text.isascii()
    assert text.isprintable()
    assert 0 < len(text) < 100
    assert text[0] != " "


@pytest.mark.usefixtures("aws")
def test_a_topic_that_is_not_there_is_a_reason() -> None:
    sender = SnsSender(boto3.client("sns", region_name=REGION), f"arn:aws:sns:{REGION}:{ACCOUNT}:none")
    with pytest.raises(NotSent, match=r"^SNS: NotFound$"):
        sender.send(MAIL, NOTICES["test"], NOW)
