"""Testers get a candidate first: from the policy to what the edge serves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.domain.bucketing import is_in, rollout_salt
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step
from edgeship.domain.channels.testers import tokens_of_testers
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST
from edgeship.domain.version import Version
from tests.support.edge import served_from, table_routes, table_values
from tests.support.world import POLICY, WIDGET, World

USERS = [f"user-{number}" for number in range(400)]
TESTERS = ["ann", "日本", "bob@example.com"]
STEPS = (Step(0, 600), Step(1, 600), Step(50, 600), Step(100, 0))


def with_testers(policy: Policy) -> Policy:
    return replace(policy, steps=STEPS, testers=tokens_of_testers(WIDGET, TESTERS))


def rolling_out() -> World:
    world = World(policy=with_testers(POLICY))
    world.upload("1.0.0")
    world.minutes(61)
    assert world.upload("1.1.0") == "roll_out"
    return world


def candidates(world: World, channel: str = LATEST) -> set[str]:
    """The users who get 1.1.0."""
    values = table_values(world.state)
    return {user for user in [*USERS, *TESTERS] if served_from(values, WIDGET, channel, user) == "1.1.0"}


def test_they_alone_get_the_candidate_at_the_first_step_and_keep_it() -> None:
    world = rolling_out()
    assert (world.percent, world.phase) == (0, "running")
    assert candidates(world) == set(TESTERS)
    assert world.watched_versions() == ["1.1.0"]
    for _ in range(11):
        world.report("1.1.0")
        world.report("1.0.0")
        world.minutes(1)
    assert world.percent == 1
    inside = {user for user in USERS if is_in(user, rollout_salt(WIDGET, LATEST, "1.1.0"), 1)}
    assert candidates(world) == inside | set(TESTERS)
    world.steer.pause(WIDGET, LATEST, world.occasion())
    assert candidates(world) == set()
    world.steer.resume(WIDGET, LATEST, world.occasion())
    assert candidates(world) >= set(TESTERS)
    world.steer.abort(WIDGET, LATEST, world.occasion())
    assert candidates(world) == set()
    assert not [key for key in table_values(world.state) if "@" in key]


def test_a_track_that_the_request_names_comes_first() -> None:
    world = rolling_out()
    values = table_values(world.state)
    assert served_from(values, WIDGET, LATEST, "ann", edgeship_track="stable") == "1.0.0"
    assert served_from(values, WIDGET, LATEST, "user-1", edgeship_track="candidate") == "1.1.0"


def test_a_step_of_testers_without_sessions_is_inconclusive() -> None:
    world = rolling_out()
    world.minutes(12)
    rollout = world.channel().rollout
    assert rollout is not None
    assert rollout.held is not None
    assert "sessions" in rollout.held.cause


def test_a_change_of_the_list_applies_to_a_running_rollout() -> None:
    world = rolling_out()
    tokens = tokens_of_testers(WIDGET, ["user-7"])
    world.change_policy(WIDGET, lambda policy: replace(policy, testers=tokens), world.occasion())
    assert candidates(world) == {"user-7"}


def test_without_testers_no_rollout_begins_with_none() -> None:
    world = World("1.0.0", "1.1.0", policy=POLICY)
    world.promote("1.0.0")
    with pytest.raises(Refused) as refused:
        world.start_rollout(WIDGET, Version.parse("1.1.0"), LATEST, world.occasion(), STEPS)
    assert refused.value.code == "steps_invalid"
    with pytest.raises(Refused, match="for testers alone"):
        world.change_policy(WIDGET, lambda policy: replace(policy, steps=STEPS), world.occasion())
    world.change_policy(WIDGET, with_testers, world.occasion())
    world.start_rollout(WIDGET, Version.parse("1.1.0"), LATEST, world.occasion(), STEPS)
    assert candidates(world) == set(TESTERS)


def test_another_widget_has_other_tokens() -> None:
    assert not tokens_of_testers(WIDGET, TESTERS) & tokens_of_testers("chat", TESTERS)
    assert tokens_of_testers(WIDGET, [*TESTERS, *TESTERS]) == tokens_of_testers(WIDGET, TESTERS)


@pytest.mark.parametrize("users", [[""], ["x" * 257], ["é" * 129], [str(number) for number in range(301)]])
def test_what_no_list_can_hold_is_refused(users: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        tokens_of_testers(WIDGET, users)
    assert refused.value.code == "policy_invalid"


def test_every_list_that_is_accepted_reaches_the_edge() -> None:
    """The longest names, as many as there may be, in a widget with every channel under way."""
    users = [f"{number:03}" + "x" * 253 for number in range(300)]
    world = rolling_out()
    tokens = tokens_of_testers(WIDGET, users)
    world.change_policy(WIDGET, lambda policy: replace(policy, testers=tokens), world.occasion())
    for name in ("next", "beta"):
        world.promote("1.0.0", name)
        world.start_rollout(WIDGET, Version.parse("1.1.0"), name, world.occasion())
    values = table_values(world.state)
    for name in (LATEST, "next", "beta"):
        assert {served_from(values, WIDGET, name, user) for user in users} == {"1.1.0"}
        assert served_from(values, WIDGET, name, "nobody") == "1.0.0"
    assert len(table_routes(world.state, WIDGET)["channels"]) == 3
