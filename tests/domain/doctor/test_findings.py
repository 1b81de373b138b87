"""What each check makes of what is there: a row a finding, and what is healthy beside it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from edgeship.domain.deploying.quotas import needs_to_run
from edgeship.domain.doctor.account import Answered, Caller, Used, check_caller, check_clock, check_quotas
from edgeship.domain.doctor.finding import Check, Finding, Level, not_allowed, report
from edgeship.domain.doctor.serving import (
    CLIENT_PATH,
    ROUTER_PATH,
    EdgeFacts,
    Fault,
    Probed,
    check_cdn,
    check_edge,
)
from edgeship.domain.doctor.stack import SeenStack, check_region, check_stack, check_version
from edgeship.domain.doctor.work import (
    Arrived,
    OwnAlarm,
    SeenAlarms,
    SeenQueue,
    check_alarms,
    check_queues,
    check_telemetry,
)
from edgeship.domain.edge.route_values import FULL_BYTES

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
URL = "https://widgets.example.com"
CONCURRENCY, ALARMS = needs_to_run("us-east-1")


def only(found: Iterable[Finding]) -> Finding:
    (finding,) = found
    assert finding.text.endswith((".", "…"))
    assert finding.fix
    return finding


@pytest.mark.parametrize(
    ("seconds", "level", "says"),
    [
        (0, None, ""),
        (-59, None, ""),
        (62, Level.WARNING, "1 min ahead"),
        (-121, Level.WARNING, "2 min behind"),
        (302, Level.ERROR, "5 min ahead"),
        (-7201, Level.ERROR, "2 h behind"),
    ],
)
def test_the_clock(seconds: int, level: Level | None, says: str) -> None:
    here = NOON + timedelta(seconds=seconds)
    found = list(check_clock(Answered(NOON, here, here + timedelta(seconds=0.3))))
    assert [finding.level for finding in found] == ([level] if level else [])
    assert says in "".join(finding.text for finding in found)


def test_a_slow_answer_is_no_skew() -> None:
    """The header has whole seconds, and was written between the question and the answer."""
    for server in (NOON - timedelta(seconds=1), NOON, NOON + timedelta(seconds=40)):
        assert Answered(server, NOON, NOON + timedelta(seconds=40)).skew == 0


def test_credentials() -> None:
    assert not list(check_caller(Caller("123456789012", None)))
    refused = only(check_caller(Caller(None, None, "the token is expired.")))
    assert (refused.check, refused.level) == (Check.CREDENTIALS, Level.ERROR)
    assert "the token is expired." in refused.text


@pytest.mark.parametrize(
    ("quota", "used", "level"), [(1_000, 980, None), (10, 0, Level.WARNING), (10, 10, Level.ERROR)]
)
def test_quotas(quota: int, used: int, level: Level | None) -> None:
    found = list(check_quotas([Used(CONCURRENCY, quota, used), Used(ALARMS, 5_000, 4_850)]))
    assert [finding.level for finding in found] == ([level] if level else [])
    assert all("request-service-quota-increase" in finding.fix for finding in found)


@pytest.mark.parametrize(
    ("status", "level", "fix"),
    [
        ("CREATE_COMPLETE", None, ""),
        ("UPDATE_COMPLETE", None, ""),
        (None, Level.ERROR, "edgeship deploy --env production"),
        ("UPDATE_IN_PROGRESS", Level.WARNING, "Wait for its end"),
        ("UPDATE_ROLLBACK_FAILED", Level.ERROR, "continue-update-rollback"),
        ("DELETE_FAILED", Level.ERROR, "edgeship destroy"),
        ("ROLLBACK_COMPLETE", Level.ERROR, "edgeship deploy again"),
        ("UPDATE_ROLLBACK_COMPLETE", Level.WARNING, "edgeship deploy again"),
    ],
)
def test_the_stack(status: str | None, level: Level | None, fix: str) -> None:
    found = list(check_stack(SeenStack("edgeship-production", "us-east-1", status), "production"))
    assert [finding.level for finding in found] == ([level] if level else [])
    assert fix in "".join(finding.fix for finding in found)


def test_a_region_that_is_not_enabled_is_one_finding() -> None:
    stack = SeenStack("edgeship-production-edge-me-south-1", "me-south-1", None, enabled=False)
    assert "aws account enable-region --region-name me-south-1" in only(check_region(stack)).fix
    assert not list(check_stack(stack, "production"))


@pytest.mark.parametrize(
    ("stack", "own", "level", "fix"),
    [
        ("0.2.0", "0.2.0", None, ""),
        ("0.1.9", "0.2.0", Level.WARNING, "edgeship deploy --env production"),
        ("0.10.0", "0.9.0", Level.ERROR, "pip install edgeship==0.10.0"),
        ("0.2.0.dev1", "0.2.0", Level.WARNING, "edgeship deploy"),
        (None, "0.2.0", Level.WARNING, "edgeship deploy"),
    ],
)
def test_the_version(stack: str | None, own: str, level: Level | None, fix: str) -> None:
    seen = SeenStack("edgeship-production", "us-east-1", "UPDATE_COMPLETE", stack)
    found = list(check_version(seen, own, "production"))
    assert [finding.level for finding in found] == ([level] if level else [])
    assert fix in "".join(finding.fix for finding in found)
    assert not list(check_version(SeenStack("edgeship-production", "us-east-1", None), own, "production"))


@pytest.mark.parametrize(
    ("probed", "fix"),
    [
        (Probed(URL, ROUTER_PATH, 200), ""),
        (Probed(URL, ROUTER_PATH, 503), "Router-Errors"),
        (Probed(URL, CLIENT_PATH, 502), "Telemetry-Errors"),
        (Probed(URL, ROUTER_PATH, fault=Fault.NAME, text="unknown.", expects="d1.cloudfront.net"), "d1.cloudfront.net"),
        (Probed(URL, ROUTER_PATH, fault=Fault.NAME, text="unknown."), "Check the name"),
        (Probed(URL, ROUTER_PATH, fault=Fault.CERTIFICATE, text="no name."), "certificate_arn"),
        (Probed(URL, ROUTER_PATH, fault=Fault.NETWORK, text="refused."), "network"),
    ],
)
def test_the_cdn(probed: Probed, fix: str) -> None:
    found = list(check_cdn(probed))
    assert [finding.level for finding in found] == ([Level.ERROR] if fix else [])
    assert fix in "".join(finding.fix for finding in found)


@pytest.mark.parametrize(
    ("edge", "checks"),
    [
        (EdgeFacts(12, 12, (), 1_000), []),
        (EdgeFacts(None, None, (), 0), []),
        (EdgeFacts(12, 11, (), 1_000), [Check.EDGE]),
        (EdgeFacts(12, None, (), 0), [Check.EDGE]),
        (EdgeFacts(12, 12, ("checkout",), 1_000), [Check.EDGE]),
        (EdgeFacts(12, 12, (), FULL_BYTES), [Check.QUOTAS]),
        (EdgeFacts(None, None, (), None, "there is no such store."), [Check.EDGE]),
    ],
)
def test_the_router_against_the_table(edge: EdgeFacts, checks: list[Check]) -> None:
    assert [finding.check for finding in check_edge(edge)] == checks


def alarm(name: str, *, on: bool = False, actions: bool = True) -> OwnAlarm:
    return OwnAlarm(name, on, NOON, "The relay's log says why.", actions)


def test_alarms() -> None:
    healthy = SeenAlarms([alarm("Relay-Lag"), alarm("Poison")])
    assert not list(check_alarms(healthy, "production"))
    on = only(check_alarms(SeenAlarms([alarm("Relay-Lag", on=True), alarm("Poison")]), "production"))
    assert on.level is Level.ERROR
    assert on.text == "Relay-Lag is in ALARM since 2026-11-28 12:00 UTC. The relay's log says why."
    assert on.fix == "Read the runbook Relay-Lag."
    assert "no alarm" in only(check_alarms(SeenAlarms([]), "production")).text
    silent = only(check_alarms(SeenAlarms([alarm("Poison", actions=False)]), "production"))
    assert (silent.level, "1 of 1 alarms notify nobody" in silent.text) == (Level.WARNING, True)
    release = only(check_alarms(SeenAlarms([alarm("Poison")], ["edgeship-production-health-a"]), "production"))
    assert (release.level, "edgeship status" in release.fix) == (Level.WARNING, True)


@pytest.mark.parametrize(
    ("waiting", "of_failures", "says"), [(0, True, ""), (7, False, ""), (1, True, "1 message waits")]
)
def test_queues(waiting: int, of_failures: bool, says: str) -> None:
    found = list(check_queues([SeenQueue("edgeship-production-Poison", f"{URL}/q", waiting, of_failures)]))
    assert bool(found) is bool(says)
    assert says in "".join(finding.text for finding in found)


@pytest.mark.parametrize(
    ("arrived", "says"),
    [
        ([], ""),
        ([Arrived("checkout", "1.4.2", 5, 0), Arrived("chat", "1.0.0", 0, 0)], ""),
        ([Arrived("checkout", "1.4.2", 0, 0)], "1 live widget has no metrics"),
        ([Arrived("checkout", "1.4.2", 0, 12)], "no valid token"),
    ],
)
def test_telemetry(arrived: list[Arrived], says: str) -> None:
    found = list(check_telemetry(arrived))
    assert [finding.level for finding in found] == ([Level.WARNING] if says else [])
    assert says in "".join(finding.text for finding in found)


def test_a_report_has_errors_first() -> None:
    denied = not_allowed(Check.STACK, "cloudformation:DescribeStacks")
    warning = Finding(Check.ALARMS, Level.WARNING, "a.", "b.")
    error = Finding(Check.QUEUES, Level.ERROR, "a.", "b.")
    made = report([Check.QUEUES, Check.STACK, Check.ALARMS, Check.CDN], [denied, warning, error])
    assert made.findings == (error, warning, denied)
    assert made.checks == (Check.STACK, Check.CDN, Check.ALARMS, Check.QUEUES)
    assert [made.level_of(check) for check in made.checks] == [Level.UNCHECKED, None, Level.WARNING, Level.ERROR]
    assert "cloudformation:DescribeStacks" in denied.text
