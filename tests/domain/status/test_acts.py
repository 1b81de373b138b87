from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.channels.rollout import Held, Phase, Rollout
from edgeship.domain.status.acts import further_acts, possible_acts
from tests.domain.status.test_standing import LIVE, NOW, ROLLOUT, SINCE


@pytest.mark.parametrize(
    ("channel", "good", "mismatched", "acts"),
    [
        (LIVE, True, False, ["edgeship rollback checkout --expect 1.0.0"]),
        (LIVE, False, False, []),
        (Channel("checkout", "latest"), True, False, []),
        (LIVE, False, True, ["edgeship propagate checkout"]),
        (
            replace(LIVE, name="next", lock=Lock(SINCE, "ann", "bad")),
            True,
            False,
            ["edgeship rollback checkout --channel next --expect 1.0.0", "edgeship unlock checkout --channel next"],
        ),
        (
            replace(LIVE, rollout=ROLLOUT),
            True,
            False,
            [f"edgeship rollout {act} checkout --expect 1.1.0" for act in ("abort", "pause", "hold")],
        ),
        (
            replace(LIVE, rollout=replace(ROLLOUT, held=Held(NOW, "campaign", "ann"))),
            True,
            False,
            [f"edgeship rollout {act} checkout --expect 1.1.0" for act in ("abort", "pause", "resume")],
        ),
        (
            replace(LIVE, rollout=replace(ROLLOUT, phase=Phase.PAUSED)),
            True,
            False,
            [f"edgeship rollout {act} checkout --expect 1.1.0" for act in ("abort", "resume")],
        ),
    ],
)
def test_the_acts_that_are_possible(channel: Channel, good: bool, mismatched: bool, acts: list[str]) -> None:
    found = possible_acts(channel, lambda _: good, mismatched)
    assert [act.text for act in found] == acts
    assert all(act.does for act in found)


def test_an_act_says_what_it_does() -> None:
    (act,) = possible_acts(LIVE, lambda _: True, mismatched=False)
    assert act.does == "everybody gets 1.2.0; 1.0.0 is quarantined, and latest is locked"


@pytest.mark.parametrize(
    ("rollout", "acts"),
    [
        (
            ROLLOUT,
            ["edgeship rollout advance checkout --expect 1.1.0", "edgeship rollout cancel checkout --expect 1.1.0"],
        ),
        (replace(ROLLOUT, phase=Phase.PAUSED), ["edgeship rollout cancel checkout --expect 1.1.0"]),
        (replace(ROLLOUT, phase=Phase.COMPLETED), []),
        (None, []),
    ],
)
def test_what_a_person_may_want_besides(rollout: Rollout | None, acts: list[str]) -> None:
    assert [act.text for act in further_acts(replace(LIVE, rollout=rollout))] == acts


def test_an_advance_says_who_gets_the_candidate_then() -> None:
    steps = ROLLOUT.steps
    said = [further_acts(replace(LIVE, rollout=replace(ROLLOUT, step=step)))[0].does for step in range(len(steps) - 1)]
    assert said[0].startswith(f"{steps[1].percent:g} % of the users get 1.1.0 now")
    assert said[-1].startswith("everybody gets 1.1.0 now")
