"""What status shows of rollouts, rollback windows and alerts; the rest of it is in test_reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.application.notifications.ports import Claim
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel, Moved
from edgeship.domain.channels.reaction import react
from edgeship.domain.channels.rollout_moves import hold_rollout
from edgeship.domain.channels.watch_mode import notify_of_candidate
from edgeship.domain.edge.route_values import MAX_STORE_BYTES
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.flags.records.flag_record import FlagRecord
from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.breach import Breach
from edgeship.domain.health.thresholds import Check
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.moto.aws import NAMES, Aws

UNHEALTHY = AnalysisResult(Health.UNHEALTHY, "error rate 7.5 % (limit 5 %)", Check.ERROR_RATE, 7.5, 5, 240)


def happens(aws: Aws, change: Callable[[Channel, Occasion], Moved | None], after: timedelta = timedelta(0)) -> None:
    """Something that no operator does befalls `latest` of checkout."""
    occasion = Occasion("test", "edgeship-rollout", "the minute tick", datetime.now(UTC) + after)
    moved = change(aws.state.channel("checkout", "latest"), occasion)
    assert moved is not None
    aws.state.commit(Transaction(puts=(moved.channel, *moved.changed), checks=moved.unchanged, events=moved.events))


def becomes_unhealthy(aws: Aws, after: timedelta = timedelta(0)) -> None:
    def befall(channel: Channel, occasion: Occasion) -> Moved | None:
        assert channel.version is not None
        breach = Breach.by_analysis("checkout", channel.version, UNHEALTHY, occasion.at)
        return react(channel, aws.state.releases("checkout"), breach, occasion, 3600)

    happens(aws, befall, after)


def latest(edgeship: CommandLine) -> dict[str, Any]:
    done = edgeship("status", "checkout", "--json")
    assert_as_documented(done.document, "edgeship status")
    (widget,) = done.document["widgets"]
    (channel,) = (c for c in widget["channels"] if c["name"] == "latest")
    found: dict[str, Any] = channel
    return found


def row(text: str, *facts: str) -> str:
    """The one line that has all of these in it."""
    (found,) = (line for line in text.splitlines() if all(fact in line for fact in facts))
    return found


def test_a_rollout_that_runs(rolling: CommandLine, aws: Aws) -> None:
    rollout = aws.state.channel("checkout", "latest").rollout
    assert rollout is not None
    assert latest(rolling)["rollout"] == {
        "candidate": "1.1.0",
        "phase": "running",
        "step": 1,
        "steps": 5,
        "percent": 1,
        "started_at": timestamp(rollout.started_at),
        "stepped_at": timestamp(rollout.stepped_at),
        "bakes_until": timestamp(rollout.stepped_at + timedelta(days=1)),
        "held": None,
        "alert": None,
    }
    shown = rolling("status", "checkout").out
    assert "1.0.0 → 1.1.0: running at 1 %, step 1 of 5" in shown
    assert "[1] 5 25 50 100 %" in shown
    assert re.search("next step in 23 h 5[0-9] min, everybody in 5 d 23 h if it stays healthy", shown)


def test_a_rollout_that_is_held(rolling: CommandLine, aws: Aws) -> None:
    happens(aws, lambda channel, at: hold_rollout(channel, at.because("3 sessions: fewer than 20")))
    held = latest(rolling)["rollout"]["held"]
    assert held["cause"] == "3 sessions: fewer than 20"
    shown = rolling("status", "checkout").out
    assert "1.0.0 → 1.1.0: held at 1 %, step 1 of 5" in shown
    assert "waits, just now: 3 sessions: fewer than 20" in shown
    assert "running" not in shown


def test_a_rollout_that_is_paused_says_why(rolling: CommandLine) -> None:
    rolling("rollout", "pause", "checkout", "--reason", "slow loads")
    rollout = latest(rolling)["rollout"]
    assert (rollout["phase"], rollout["percent"], rollout["bakes_until"]) == ("paused", 0, None)
    for shown in (rolling("status").out, rolling("status", "checkout").out):
        assert "PAUSED    the rollout to 1.1.0 is paused at step 1 of 5: everybody gets 1.0.0" in shown
        assert "slow loads" in shown
        assert "next: edgeship rollout resume checkout" in shown


@pytest.mark.parametrize("words", [("rollout", "abort", "checkout"), ("promote", "checkout", "1.1.0", "--now")])
def test_a_rollout_that_is_over_is_not_shown(rolling: CommandLine, words: tuple[str, ...]) -> None:
    rolling(*words)
    assert latest(rolling)["rollout"] is None
    assert "step" not in rolling("status").out


def test_an_open_rollback_window(at_once: CommandLine, pipeline: Pipeline, aws: Aws) -> None:
    pipeline.ship("checkout", "1.0.0")
    watch = aws.state.channel("checkout", "latest").watch
    assert watch is not None
    assert latest(at_once)["watch"] == {"until": timestamp(watch.until), "automatic_rollback": True}
    # There is nothing to roll back to yet.
    assert "if unhealthy: people are notified" in at_once("status", "checkout").out
    pipeline.ship("checkout", "1.1.0")
    assert "if unhealthy: rolled back automatically, for 23 h 59 min more" in at_once("status", "checkout").out


def test_a_rollback_target_is_watched_without_an_automatic_rollback(
    at_once: CommandLine, pipeline: Pipeline, aws: Aws
) -> None:
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)
    at_once("rollback", "checkout")
    assert latest(at_once)["watch"]["automatic_rollback"] is False


def test_no_window(at_once: CommandLine, pipeline: Pipeline) -> None:
    at_once("policy", "set", "checkout", "--rollback-window", "0")
    pipeline.ship("checkout", "1.0.0")
    assert (latest(at_once)["watch"], latest(at_once)["alert"]) == (None, None)


def test_an_unhealthy_version_without_a_rollback_target_is_shown_first(
    at_once: CommandLine, pipeline: Pipeline, aws: Aws
) -> None:
    pipeline.ship("checkout", "1.0.0")
    becomes_unhealthy(aws)
    assert latest(at_once)["alert"]["cause"].startswith("error rate 7.5 % (limit 5 %)")
    unhealthy = "1.0.0 is unhealthy, with no good version to roll back to"
    for shown in (at_once("status").out, at_once("status", "checkout").out):
        assert "UNHEALTHY  1.0.0 is unhealthy with no good version to roll back to, just now" in shown
        assert "error rate 7.5 % (limit 5 %)" in shown
        assert "next: edgeship promote checkout VERSION --now (once a fixed version is published)" in shown
        assert "rolled back automatically" not in shown
    history = at_once("history", "checkout").out
    assert f"latest frozen: {unhealthy} (error rate 7.5 %, limit 5 %, 240 sessions)" in history


def test_an_unhealthy_version_after_its_window_is_shown_with_the_rollback(
    at_once: CommandLine, pipeline: Pipeline, aws: Aws
) -> None:
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)
    becomes_unhealthy(aws, after=timedelta(days=2))
    shown = at_once("status").out
    assert "UNHEALTHY  1.1.0 is unhealthy and stays live" in shown
    assert "next: edgeship rollback checkout\n" in shown
    assert "latest: 1.1.0 is unhealthy and stays live (error rate 7.5 %" in at_once("history", "checkout").out


def undelivered(aws: Aws, widget: str | None, number: int) -> None:
    """A notification that a destination did not take."""
    deliveries = DynamoDBDeliveries(aws.dynamodb, NAMES.table)
    now = datetime.now(UTC)
    occasion = Occasion("test", "ann", "it blinks", now)
    event = Event.of(EventType.RELEASE_QUARANTINED, occasion, widget, (number,), None, {"version": "1.4.2"})
    claim = deliveries.claim(event, "on-call", f"{widget}: 1.4.2 quarantined", now, timedelta(seconds=60))
    assert isinstance(claim, Claim)
    deliveries.undelivered(event.event_id, "on-call", claim, "hooks.slack.com answered 503", now)


def test_notifications_that_nobody_took_are_shown(rolling: CommandLine, aws: Aws) -> None:
    for number, widget in enumerate(("checkout", "button", None)):
        undelivered(aws, widget, number)
    everything = rolling("status", "--json").document
    assert {each["widget"] for each in everything["undelivered"]} == {"checkout", "button", None}
    own = rolling("status", "checkout", "--json").document
    assert_as_documented(own, "edgeship status")
    (left,) = own["undelivered"]
    assert (left["destination"], left["status"], left["attempts"]) == ("on-call", "undelivered", 1)
    for shown in (rolling("status", "checkout").out, rolling("status").out):
        assert "checkout: 1.4.2 quarantined to on-call, 1 attempts: hooks.slack.com answered 503" in shown


# The edge


def test_an_edge_that_has_what_the_table_says(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    bring(aws.state, aws.snapshots, store, "checkout")
    edge = rolling("status", "--json").document["edge"]
    revision = int(store.values[".revision"])
    assert edge == {
        "revision": revision,
        "store_revision": revision,
        "behind": False,
        "widgets_behind": [],
        "bytes": store.content().size,
        "keys": store.content().keys,
        "problem": None,
        "not_routable": [],
    }
    shown = rolling("status").out
    assert "edge" not in shown.replace("edgeship", "")


@pytest.mark.parametrize("limits", [("--metric", "checkout_ms", "--above", "3000"), ("--networks", "0")])
def test_an_edge_with_what_a_policy_judges_is_not_behind(
    rolling: CommandLine, aws: Aws, store: FakeRouteStore, limits: tuple[str, ...]
) -> None:
    """The snapshot says it to the function telemetry."""
    assert rolling("policy", "set", "checkout", *limits).code == 0
    bring(aws.state, aws.snapshots, store, "checkout")
    assert rolling("status", "checkout", "--json").document["edge"]["widgets_behind"] == []


def test_an_edge_that_is_behind(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    bring(aws.state, aws.snapshots, store, "checkout")
    store.values[".revision"] = "7"
    rolling("promote", "checkout", "1.1.0", "--now")
    edge = rolling("status", "checkout", "--json").document["edge"]
    assert (edge["behind"], edge["store_revision"], edge["widgets_behind"]) == (True, 7, ["checkout"])
    assert "BEHIND" in rolling("status").out
    shown = row(rolling("status", "checkout").out, "BEHIND", "for checkout", "its revision is 7, the snapshot's")
    assert shown.endswith("the minute tick repairs it")


def test_an_edge_that_is_nearly_full(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    bring(aws.state, aws.snapshots, store, "checkout")
    store.filled_with = MAX_STORE_BYTES * 7 // 10
    assert "from 90 % on, the oldest minor ranges" in row(rolling("status").out, "70 % full", "of 5.2 MB")
    store.filled_with = MAX_STORE_BYTES
    assert "are left out first" in row(rolling("status").out, "100 % full")


def test_an_edge_that_is_not_readable(rolling: CommandLine) -> None:
    done = rolling("status", "--json")
    assert_as_documented(done.document, "edgeship status")
    assert (done.code, done.document["edge"]["behind"]) == (0, None)
    assert row(rolling("status").out, "edge: not known: the store edgeship-test-routes can't be read")


def test_a_flag_that_does_not_count(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    aws.state.commit(Transaction(puts=(replace(aws.state.channel("checkout", "latest"), flag="ab"),), events=()))
    bring(aws.state, aws.snapshots, store, "checkout")
    (found,) = rolling("status", "--json").document["edge"]["not_routable"]
    assert found == {"widget": "checkout", "channel": "latest", "flag": "ab", "reason": "there is no flag ab"}
    assert row(rolling("status").out, "NO FLAG", "latest of checkout serves its own version: there is no flag ab")


def test_a_flag_that_is_not_at_the_edge(rolling: CommandLine, aws: Aws, store: FakeRouteStore) -> None:
    document = {"key": "limit", "variants": {"low": 1.5, "high": 10**400}, "default_variant": "low"}
    aws.state.commit(Transaction(puts=(FlagRecord("limit", document),), events=()))
    found = rolling("status", "--json").document
    assert_as_documented(found, "edgeship status")
    [left_out] = found["flags_left_out"]
    assert (left_out["flag"], "too large" in left_out["reason"]) == ("limit", True)
    assert row(rolling("status").out, "LEFT OUT", "flag limit is not at the edge", "flags delete limit")
    rolling("flags", "delete", "limit")
    assert rolling("status", "--json").document["flags_left_out"] == []


def test_mode_watch_is_shown_with_what_people_were_notified_of(rolling: CommandLine, aws: Aws) -> None:
    assert "mode watch" not in rolling("status").out
    rolling("policy", "set", "checkout", "--mode", "watch")
    happens(aws, lambda channel, now: notify_of_candidate(channel, "unhealthy", now))
    shown = rolling("status", "checkout")
    assert "mode watch: people are notified of unhealthy releases, and nothing else is done" in shown.out
    assert "CANDIDATE  the candidate 1.1.0 is unhealthy, and its rollout goes on (mode watch)" in shown.out
    assert "next: edgeship rollout abort checkout" in shown.out
    (widget,) = rolling("status", "checkout", "--json").document["widgets"]
    assert (widget["mode"], widget["channels"][0]["rollout"]["alert"]["health"]) == ("watch", "unhealthy")
