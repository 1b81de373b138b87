from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from edgeship.application.doctor.ports import NotAllowed, NotRead
from edgeship.domain.doctor.account import Answered, Caller
from edgeship.domain.doctor.finding import Check, Level
from edgeship.domain.doctor.serving import ROUTER_PATH, EdgeFacts
from edgeship.domain.doctor.stack import SeenStack
from edgeship.domain.doctor.work import Arrived, OwnAlarm, SeenAlarms, SeenQueue
from tests.fakes.doctor import HOME, NOON, FakeEnvironment


def test_a_healthy_environment_has_no_finding_in_any_check() -> None:
    found = FakeEnvironment().diagnosis()()
    assert (found.findings, found.checks) == ((), tuple(Check))


LATE = Answered(NOON, NOON + timedelta(hours=1), NOON + timedelta(hours=1))


@pytest.mark.parametrize(
    ("changed", "check", "level"),
    [
        ({"caller": Caller("123456789012", LATE)}, Check.CLOCK, Level.ERROR),
        ({"stack": SeenStack("edgeship-test", HOME, None, enabled=False)}, Check.REGION, Level.ERROR),
        ({"stack": SeenStack("edgeship-test", HOME, "DELETE_FAILED", "0.1.0")}, Check.STACK, Level.ERROR),
        ({"stack": SeenStack("edgeship-test", HOME, "UPDATE_COMPLETE", "0.2.0")}, Check.VERSION, Level.ERROR),
        ({"statuses": {ROUTER_PATH: 503}}, Check.CDN, Level.ERROR),
        ({"probed": False}, Check.CDN, Level.UNCHECKED),
        ({"edge": EdgeFacts(12, 11, (), 0)}, Check.EDGE, Level.ERROR),
        ({"alarms": SeenAlarms([OwnAlarm("Poison", True, NOON, "It waits.")])}, Check.ALARMS, Level.ERROR),
        ({"queues": [SeenQueue("edgeship-test-Poison", "url", 3, True)]}, Check.QUEUES, Level.ERROR),
        ({"quota": 10}, Check.QUOTAS, Level.WARNING),
        ({"arrived": [Arrived("checkout", "1.0.0", 0, 0)]}, Check.TELEMETRY, Level.WARNING),
    ],
)
def test_each_finding(changed: dict[str, Any], check: Check, level: Level) -> None:
    found = replace(FakeEnvironment(), **changed).diagnosis()()
    assert {finding.check for finding in found.findings} == {check}
    assert found.level_of(check) is level


PORTS = {
    "stack": Check.STACK,
    "alarms": Check.ALARMS,
    "queues": Check.QUEUES,
    "quotas": Check.QUOTAS,
    "edge": Check.EDGE,
    "arrived": Check.TELEMETRY,
}


@pytest.mark.parametrize("port", PORTS)
def test_a_check_that_is_denied_stops_no_other(port: str) -> None:
    environment = FakeEnvironment(queues=[SeenQueue("edgeship-test-Poison", "url", 1, True)])
    environment.fails[port] = NotAllowed("a:Action")
    found = environment.diagnosis()()
    denied = [finding for finding in found.findings if finding.level is Level.UNCHECKED]
    assert [finding.check for finding in denied] == [PORTS[port]]
    assert "a:Action" in denied[0].text
    if port != "queues":
        assert found.level_of(Check.QUEUES) is Level.ERROR


def test_everything_may_be_denied() -> None:
    environment = FakeEnvironment(fails=dict.fromkeys(PORTS, NotRead("the network is down.")))
    found = environment.diagnosis()()
    assert {finding.level for finding in found.findings} == {Level.UNCHECKED}
    assert len(found.findings) == len(PORTS)


def test_without_credentials_the_clock_and_the_cdn_are_checked() -> None:
    environment = FakeEnvironment(caller=Caller(None, LATE, "the signature is expired."), statuses={ROUTER_PATH: 503})
    found = environment.diagnosis()()
    assert found.checks == (Check.CREDENTIALS, Check.CLOCK, Check.CDN)
    assert [finding.level for finding in found.findings] == [Level.ERROR] * 3


def test_where_aws_does_not_answer_the_cdn_is_checked() -> None:
    environment = FakeEnvironment(fails={"caller": NotRead("no route to sts.us-east-1.amazonaws.com.")})
    found = environment.diagnosis()()
    assert found.checks == (Check.CREDENTIALS, Check.CDN)
    assert [finding.level for finding in found.findings] == [Level.UNCHECKED]
