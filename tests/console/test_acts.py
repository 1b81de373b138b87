"""Acts: what will happen is said first, what was seen is carried along, and a reason is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeship.domain.channels.expectation import Act
from edgeship.domain.channels.rollout import Phase
from edgeship.domain.events import EventType
from edgeship.domain.version import Version
from tests.screens import scenes
from tests.support.console import ANN, Answer, ConsoleWorld, Visitor, visited
from tests.support.world import World, just_live, rolling

CHECKOUT = "/widgets/checkout/act"


def done(world: World, path: str, **fields: str) -> str:
    """Do an act with the reason `because`; the text of the page that follows."""
    with visited(ConsoleWorld(world).desk()) as visitor:
        return visitor.follow(visitor.act(f"{CHECKOUT}/{path}", **fields)).text


def test_a_pause_says_what_will_happen_and_is_in_the_history() -> None:
    world = rolling()
    with visited(ConsoleWorld(world).desk()) as visitor:
        asked = visitor.get(f"{CHECKOUT}/rollout-pause").text
        assert "everybody gets 1.0.0 until the rollout of 1.1.0 is resumed" in asked
        assert "latest of checkout is at 1.0.0, with a rollout to 1.1.0 at 1 %" in asked
        assert "edgeship rollout pause checkout --expect 1.1.0" in asked
        after = visitor.follow(visitor.act(f"{CHECKOUT}/rollout-pause", "slow loads in <Japan>"))
    assert world.phase == "paused"
    (event,) = world.events_of(EventType.ROLLOUT_PAUSED)
    assert (event.actor, event.cause) == (ANN, "slow loads in <Japan>")
    assert "Done: the rollout of checkout to 1.1.0 is at 0 %." in after.text
    assert "slow loads in <Japan>" in after.text


def test_each_act_on_a_rollout() -> None:
    for act, phase, percent in (
        ("abort", Phase.ABORTED, 0),
        ("cancel", Phase.CANCELLED, 0),
        ("advance", Phase.RUNNING, 50),
        ("hold", Phase.RUNNING, 1),
    ):
        world = rolling()
        done(world, f"rollout-{act}")
        assert (world.phase, world.percent) == (phase.value, percent), act
    world = rolling()
    done(world, "rollout-pause")
    done(world, "rollout-resume")
    assert (world.phase, world.percent) == ("running", 1)


def test_a_rollback_with_a_reason() -> None:
    world = just_live()
    assert "everybody gets 1.0.0" in done(world, "rollback")
    assert (world.live, world.is_quarantined("1.1.0"), world.channel().lock is not None) == ("1.0.0", True, True)
    assert "is unlocked" in done(world, "unlock")
    assert world.channel().lock is None
    assert "no longer quarantined" in done(world, "unquarantine?version=1.1.0")
    assert not world.is_quarantined("1.1.0")


def test_a_promotion_by_the_policys_steps_or_at_once() -> None:
    world = scenes.approval()
    with visited(ConsoleWorld(world).desk()) as visitor:
        asked = visitor.get(f"{CHECKOUT}/promote?version=2.0.0").text
    assert "2.0.0 is rolled out to latest by the policy's steps: 1 % for 1 d, 5 % for 1 d" in asked
    assert "has begun at 1 %" in done(world, "promote?version=2.0.0")
    assert world.percent == 1
    assert "everybody gets checkout 2.0.0" in done(world, "promote?version=2.0.0", now="1")
    assert world.live == "2.0.0"


def test_a_freeze_ends_or_is_lifted() -> None:
    world = rolling()
    assert "is frozen until" in done(world, "freeze", hours="12")
    record = world.state.freeze("checkout")
    assert record.freeze is not None
    assert record.freeze.until == world.now + timedelta(hours=12)
    assert "no longer frozen" in done(world, "unfreeze")
    for hours in ("0", "-1", "x", "999999", "1" * 50, "\u0661"):
        with visited(ConsoleWorld(world).desk()) as visitor:
            assert visitor.act(f"{CHECKOUT}/freeze", hours=hours).status == 409
    with visited(ConsoleWorld(world).desk()) as visitor:
        frozen = visitor.follow(visitor.act("/widgets/-/act/freeze", hours="1"))
        assert "every widget is frozen until" in frozen.text
    assert world.state.freeze(None).freeze is not None


def test_a_frozen_promotion_is_refused_unless_it_is_overridden() -> None:
    world = scenes.approval()
    world.freeze.set("checkout", world.now + timedelta(days=1), world.occasion())
    with visited(ConsoleWorld(world).desk()) as visitor:
        refused = visitor.act(f"{CHECKOUT}/promote?version=2.0.0")
        assert refused.status == 409
        assert "frozen" in refused.text
        assert visitor.act(f"{CHECKOUT}/promote?version=2.0.0", override="1").status == 303
    assert world.percent == 1


@pytest.mark.parametrize("act", ["rollout-abort", "rollout-pause", "rollout-advance", "rollout-cancel"])
def test_an_act_on_what_has_changed_since_is_refused(act: str) -> None:
    """The page was opened, and meanwhile the rollout has ended and another one has begun."""
    world = rolling()
    with visited(ConsoleWorld(world).desk()) as visitor:
        asked = visitor.get(f"{CHECKOUT}/{act}")
        world.steer.cancel("checkout", "latest", world.occasion("bob", "not today"))
        world.now += timedelta(minutes=5)
        world.register("1.2.0")
        world.start_rollout("checkout", Version.parse("1.2.0"), "latest", world.occasion("bob", "the fix"))
        before = world.channel()
        refused = _sent(visitor, act, asked.field("seen"))
    assert refused.status == 409
    assert "expects a rollout to 1.1.0, but latest of checkout is at 1.0.0, with a rollout to 1.2.0" in refused.text
    assert "by bob (the fix)" in refused.text
    assert "--expect" not in refused.text.partition("The same on the command line")[0]
    # What is there now is shown, so the person can decide again.
    assert "with a rollout to 1.2.0 at 1 %" in refused.text
    assert world.channel() == before


def test_a_rollback_of_what_is_no_longer_live_is_refused() -> None:
    world = just_live()
    with visited(ConsoleWorld(world).desk()) as visitor:
        asked = visitor.get(f"{CHECKOUT}/rollback")
        world.upload("1.2.0")
        refused = _sent(visitor, "rollback", asked.field("seen"))
    assert (refused.status, world.live) == (409, "1.2.0")


def test_a_lock_that_is_another_one_stays() -> None:
    world = just_live()
    world.roll_back("checkout", "latest", None, world.occasion())
    with visited(ConsoleWorld(world).desk()) as visitor:
        asked = visitor.get(f"{CHECKOUT}/unlock")
        world.unlock("checkout", "latest", world.occasion())
        world.now += timedelta(minutes=5)
        world.upload("1.3.0")
        world.roll_back("checkout", "latest", None, world.occasion("bob", "worse"))
        refused = _sent(visitor, "unlock", asked.field("seen"))
    assert refused.status == 409
    assert "The lock of latest of checkout changed since you saw it. Nothing was changed." in refused.text
    assert world.channel().lock is not None


def test_an_act_twice_is_done_once() -> None:
    world = rolling()
    with visited(ConsoleWorld(world).desk()) as visitor:
        seen = visitor.get(f"{CHECKOUT}/rollout-abort").field("seen")
        assert _sent(visitor, "rollout-abort", seen).status == 303
        assert _sent(visitor, "rollout-abort", seen).status == 409
    assert len(world.events_of(EventType.ROLLOUT_ABORTED)) == 1


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_reason_is_asked_for(reason: str) -> None:
    world = rolling()
    before = world.channel()
    with visited(ConsoleWorld(world).desk()) as visitor:
        seen = visitor.get(f"{CHECKOUT}/rollout-pause").field("seen")
        answer = _sent(visitor, "rollout-pause", seen, reason)
    assert answer.status == 409
    assert "There is no reason. Nothing was changed." in answer.text
    assert world.channel() == before


@pytest.mark.parametrize("seen", ["", "x", "1.0.0", "1.0.0 1.1.0 1.2.0", "- -", "<b> <i>"])
def test_a_form_that_does_not_say_what_was_seen_does_nothing(seen: str) -> None:
    world = rolling()
    before = world.channel()
    with visited(ConsoleWorld(world).desk()) as visitor:
        assert _sent(visitor, "rollout-abort", seen).status == 409
    assert world.channel() == before


@pytest.mark.parametrize(
    "path", ["rollback", "unlock", "rollout-resume", "nothing", "unquarantine?version=1.0.0", "promote?version=x"]
)
def test_what_is_not_possible_now_is_not_offered(path: str) -> None:
    with visited(ConsoleWorld(rolling()).desk()) as visitor:
        assert visitor.get(f"{CHECKOUT}/{path}").status == 409


def test_reading_alone_acts_on_nothing() -> None:
    world = rolling()
    found = ConsoleWorld(world)
    with visited(found.desk()) as visitor:
        seen = visitor.get(f"{CHECKOUT}/rollout-pause").field("seen")
    before = world.channel()
    with visited(found.desk(read_only=True)) as visitor:
        shown = visitor.get("/widgets/checkout")
        assert "read only" in shown.text
        assert "/act/" not in shown.body
        assert visitor.get(f"{CHECKOUT}/rollout-pause").status == 403
        assert _sent(visitor, "rollout-pause", seen).status == 403
        assert visitor.post("/flags/save/dark", {"document": "{}", "seen": "", "reason": "x"}).status == 403
        assert visitor.post("/notifications/redrive", {"queue": "x"}).status == 403
    assert world.channel() == before


def test_an_act_that_aws_denies_says_so() -> None:
    found = ConsoleWorld(just_live())
    with visited(found.desk()) as visitor:
        seen = visitor.get(f"{CHECKOUT}/rollback").field("seen")
        found.denied.add("roll_back")
        answer = _sent(visitor, "rollback", seen)
    assert answer.status == 403
    assert "not allowed: roll_back" in answer.text
    assert "operator policy" in answer.text


def test_every_act_of_the_command_line_that_names_a_version_is_here() -> None:
    from edgeship.console.acting.plans import _TITLES

    assert {str(act).replace(" ", "-") for act in Act} - {"rollout-start"} <= _TITLES.keys()


def _sent(visitor: Visitor, act: str, seen: str, reason: str = "because") -> Answer:
    return visitor.post(f"{CHECKOUT}/{act}", {"channel": "latest", "seen": seen, "reason": reason})
