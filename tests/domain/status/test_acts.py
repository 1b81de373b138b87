from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.channels.rollout import Held, Phase
from edgeship.domain.status.acts import possible_acts
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
