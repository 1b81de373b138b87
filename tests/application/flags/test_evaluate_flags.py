from __future__ import annotations

from typing import Any

import pytest

from edgeship.application.flags.change_flags import ChangeFlags, FlagsFile
from edgeship.application.flags.evaluate_flags import EvaluateFlags
from edgeship.domain.bucketing import is_in
from edgeship.domain.flags.evaluation.compile_flags import ContextInvalid
from tests.support.flags import boolean
from tests.support.world import World

HALF = boolean("half", rollout={"variant": "on", "percentage": 50})


@pytest.fixture
def world() -> World:
    world = World()
    flags = {
        "half": HALF,
        "hidden": boolean("hidden", public=False),
        "elsewhere": boolean("elsewhere", environments=["x"]),
    }
    ChangeFlags(world.state, lambda *_: None, lambda _: None).apply(
        FlagsFile(flags, {}), world.occasion(), prune=False, dry_run=False
    )
    return world


def evaluate(world: World) -> EvaluateFlags:
    return EvaluateFlags(world.state, lambda: world.now, "test")


def test_every_flag_is_answered_as_in_the_environment(world: World) -> None:
    found: dict[str, Any] = {answer.key: answer.value for answer in evaluate(world)({"targetingKey": "u1"})}
    assert found == {"half": is_in("u1", "half", 50), "hidden": False, "elsewhere": False}
    with pytest.raises(ContextInvalid):
        evaluate(world)({"targetingKey": 1})


def test_who_gets_something_else_of_a_changed_flag(world: World) -> None:
    users = [{"targetingKey": f"u{number}"} for number in range(50)]
    more = {**HALF, "rollout": {"variant": "on", "percentage": 80}}
    found = evaluate(world).compare("half", more, users)
    assert {each.user for each in found if each.changes} == {
        user["targetingKey"]
        for user in users
        if is_in(user["targetingKey"], "half", 80) and not is_in(user["targetingKey"], "half", 50)
    }
    assert not any(each.changes for each in evaluate(world).compare("half", HALF, users))
    assert all(record.document != more for record in world.state.flags())


def test_a_dry_run_of_an_edit_writes_nothing(world: World) -> None:
    change = ChangeFlags(world.state, lambda *_: None, lambda _: None)
    before = list(world.state.flags())
    (made,) = change.edit("half", lambda _: None, world.occasion(), dry_run=True)
    assert (made.key, made.new) == ("half", None)
    assert list(world.state.flags()) == before
