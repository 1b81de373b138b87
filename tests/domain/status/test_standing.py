"""What a widget's state asks of people: every state has its sentence, its command, and its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.calendar.freeze import Freeze, FreezeRecord
from edgeship.domain.channels.alert import Alert
from edgeship.domain.channels.channel import Channel, Lock, Watch
from edgeship.domain.channels.rollout import Held, Phase, Rollout, Step
from edgeship.domain.propagation.deployment import Deployment, Mismatch, MismatchKind, Verification
from edgeship.domain.status.standing import (
    Need,
    Situation,
    Standing,
    phase_word,
    rolls_back_automatically,
    standings,
    time_left,
)
from edgeship.domain.version import Version

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
V1, V2, V3 = (Version(1, minor, 0) for minor in range(3))
STEPS = (Step(1, 86_400), Step(25, 7_200), Step(100, 0))
SINCE = "2026-11-24T09:00:00.000Z"
ROLLOUT = Rollout(V2, STEPS, started_at=NOW, stepped_at=NOW - timedelta(hours=1), exposed_at=NOW)
LIVE = Channel("checkout", "latest", V1, sequence=3, moved_at=SINCE, trail=(V3,))
ALERT = Alert(SINCE, "error rate 40 % (limit 5 %), 105 sessions")
MISMATCH = Mismatch("cloudfront", "/checkout/latest/a.js", MismatchKind.BYTES, "aa", "bb")
FAILED = Deployment("checkout", "latest", 3, V1, verification=Verification(SINCE, ("cloudfront",), 14, (MISMATCH,)))
FROZEN = FreezeRecord(None, Freeze(NOW, NOW + timedelta(days=2), "ann", "holidays"))


def of(channel: Channel, **known: object) -> list[Standing]:
    return standings([channel], Situation("checkout", NOW, **known))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("channel", "known", "need", "what", "first"),
    [
        (LIVE, {}, Need.QUIET, "1.0.0 is live", None),
        (Channel("checkout", "latest"), {}, Need.QUIET, "no version is live yet", None),
        (
            replace(LIVE, alert=ALERT),
            {},
            Need.UNHEALTHY,
            "1.0.0 is unhealthy and stays live",
            "edgeship rollback checkout",
        ),
        (
            replace(LIVE, alert=ALERT),
            {"can_roll_back_to": lambda _: False},
            Need.UNHEALTHY,
            "1.0.0 is unhealthy with no good version to roll back to",
            "edgeship promote checkout VERSION --now",
        ),
        (
            LIVE,
            {"unserved": {"latest": "1.0.0 requires api >=3, and api is 2"}},
            Need.UNSERVED,
            "1.0.0 requires api >=3, and api is 2",
            "edgeship promote checkout VERSION",
        ),
        (
            LIVE,
            {"deployments": {"latest": FAILED}},
            Need.MISMATCH,
            "1.0.0 is not served everywhere: 1 mismatch in 14 probes",
            "edgeship propagate checkout",
        ),
        # Of an earlier move.
        (LIVE, {"deployments": {"latest": replace(FAILED, sequence=2)}}, Need.QUIET, "1.0.0 is live", None),
        (
            replace(LIVE, rollout=replace(ROLLOUT, alert=ALERT)),
            {},
            Need.CANDIDATE,
            "the candidate 1.1.0 is unhealthy, and its rollout goes on (mode watch)",
            "edgeship rollout abort checkout",
        ),
        (
            replace(LIVE, rollout=replace(ROLLOUT, phase=Phase.PAUSED, paused=Held(NOW, "slow loads", "ann"))),
            {},
            Need.PAUSED,
            "the rollout to 1.1.0 is paused at step 1 of 3: everybody gets 1.0.0",
            "edgeship rollout resume checkout",
        ),
        (
            replace(LIVE, lock=Lock(SINCE, "arn:aws:sts::123456789012:assumed-role/Admin/ann", "bad")),
            {},
            Need.LOCKED,
            "uploads don't move latest: locked by Admin/ann",
            "edgeship promote checkout VERSION",
        ),
        (
            LIVE,
            {"approvals": ((V3, "policy: a major release waits for approval"),)},
            Need.APPROVAL,
            "1.2.0 waits for approval",
            "edgeship promote checkout 1.2.0",
        ),
        (
            replace(LIVE, rollout=replace(ROLLOUT, held=Held(NOW, "the campaign", "ann"))),
            {},
            Need.HELD,
            "1.0.0 → 1.1.0 at 1 %, step 1 of 3, held by ann",
            "edgeship rollout resume checkout",
        ),
        (
            LIVE,
            {"freezes": (FROZEN,)},
            Need.FROZEN,
            "no rollout goes on, and uploads wait, for 2 d more",
            "edgeship unfreeze --all",
        ),
        (
            replace(LIVE, rollout=ROLLOUT),
            {},
            Need.CLIMBING,
            "1.0.0 → 1.1.0 at 1 %, step 1 of 3, next step in 23 h",
            "edgeship rollout watch checkout",
        ),
        (
            replace(LIVE, rollout=replace(ROLLOUT, held=Held(NOW, "7 sessions: fewer than 100"))),
            {},
            Need.CLIMBING,
            "1.0.0 → 1.1.0 at 1 %, step 1 of 3, waits",
            "edgeship rollout watch checkout",
        ),
    ],
)
def test_each_state_has_its_sentence_and_its_command(
    channel: Channel, known: dict[str, object], need: Need, what: str, first: str | None
) -> None:
    found = of(channel, **known)[0]
    assert (found.need, found.what) == (need, what)
    assert (found.commands[0] if found.commands else None) == first


def test_another_channel_is_named_in_its_commands() -> None:
    (found, _) = of(replace(LIVE, name="next", lock=Lock(SINCE, "ann", "bad")))
    assert found.commands == (
        "edgeship promote checkout VERSION --channel next",
        "edgeship unlock checkout --channel next",
    )


def test_the_most_urgent_comes_first() -> None:
    bad = replace(LIVE, alert=ALERT, lock=Lock(SINCE, "ann", "bad"), rollout=ROLLOUT)
    found = of(bad, deployments={"latest": FAILED}, approvals=((V3, "major"),), freezes=(FROZEN,))
    needs = [each.need for each in found]
    assert needs == [Need.UNHEALTHY, Need.MISMATCH, Need.LOCKED, Need.APPROVAL, Need.FROZEN, Need.CLIMBING]
    assert [each.need.of_a_person for each in found] == [True, True, True, True, False, False]


channels = st.builds(
    Channel,
    st.just("checkout"),
    st.sampled_from(["latest", "next"]),
    st.sampled_from([None, V1]),
    moved_at=st.just(SINCE),
    trail=st.sampled_from([(), (V3,)]),
    lock=st.none() | st.just(Lock(SINCE, "ann", "bad")),
    rollout=st.none()
    | st.builds(
        Rollout,
        st.just(V2),
        st.just(STEPS),
        started_at=st.just(NOW),
        stepped_at=st.just(NOW),
        exposed_at=st.just(NOW),
        step=st.sampled_from([0, 1]),
        phase=st.sampled_from(list(Phase)),
        held=st.none() | st.just(Held(NOW, "few")) | st.just(Held(NOW, "campaign", "ann")),
        alert=st.none() | st.just(ALERT),
    ),
    watch=st.none() | st.builds(Watch, st.just(NOW + timedelta(hours=1)), st.booleans()),
    alert=st.none() | st.just(ALERT),
)


@given(channels, st.booleans(), st.booleans())
def test_nothing_contradicts_itself(channel: Channel, good: bool, frozen: bool) -> None:
    found = of(channel, can_roll_back_to=lambda _: good, freezes=(FROZEN,) if frozen else ())
    assert found
    assert found == sorted(found, key=lambda each: each.need)
    text = " ".join(each.what for each in found)
    assert not (
        "with no good version" in text and any("edgeship rollback" in c for each in found for c in each.commands)
    )
    assert not ("paused" in text and "next step" in text)
    assert not ("held by" in text and "next step" in text)
    automatic = rolls_back_automatically(channel, lambda _: good, NOW)
    assert not (automatic and (channel.alert is not None or not good or not channel.trail))
    if channel.rollout is not None and channel.rollout.held is not None:
        assert phase_word(channel.rollout) != "running"
        assert time_left(channel.rollout, NOW) is None


def test_the_time_that_is_left() -> None:
    assert time_left(ROLLOUT, NOW) == (23 * 3600, 25 * 3600)
    assert time_left(replace(ROLLOUT, step=1), NOW) == (3600, 3600)
    assert time_left(replace(ROLLOUT, stepped_at=NOW - timedelta(days=3)), NOW) == (0, 7_200)
