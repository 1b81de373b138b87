"""The propagation of a move, and the reaction to one that failed: each dies at every write, repeats, comes late."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.bootstrap import rollback
from edgeship.domain.events import EventType
from edgeship.domain.naming import LATEST
from tests.support.crash.scenes.actors import ANN, make_live, on, tools
from tests.support.crash.scenes.propagation import FILES, NOW, SCENES, deliver, propagation_of_a_move, published
from tests.support.crash.search import dies_anywhere
from tests.support.moto.aws import NAMES, Aws, empty_again
from tests.support.moto.function_env import function_env
from tests.support.moto.models import invalidations, stored_objects


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", [name for name, scene in SCENES.items() if scene is not propagation_of_a_move])
def test_dies_anywhere_again_and_again_and_ends_the_same(name: str) -> None:
    assert dies_anywhere(SCENES[name]).writes


def copies_and_invalidations() -> str:
    """What is the same however long a run took."""
    copies = {key: stored["body"] for key, stored in stored_objects(NAMES.site_bucket).items()}
    return repr((copies, invalidations()))


def test_a_move_that_dies_anywhere_has_one_invalidation_which_counts_once(aws: Aws) -> None:
    """Wherever the runs before it died: whatever they leave on the way has one at most."""
    explored = dies_anywhere(propagation_of_a_move, without_answers=copies_and_invalidations)
    assert "CreateInvalidation" in explored.writes
    seen = set()
    for reached in explored.left.values():
        reached.state.put_back()
        seen.add(tuple(reference for reference, _ in invalidations()))
        assert aws.state.invalidation_paths("2026-11") in (0, 2)
    assert seen == {(), ("move-2",)}
    explored.left[explored.end].state.put_back()
    assert aws.state.invalidation_paths("2026-11") == 2


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1), (3, 1, 3, 2, 1)])
def test_in_whatever_order_the_events_come(order: tuple[int, ...]) -> None:
    aws = empty_again()
    published(aws)
    for version in ("1.0.0", "1.1.0", "1.0.0"):
        make_live(version)
    for sequence in order:
        deliver(aws, sequence)
    copies = {
        key.removeprefix("_latest/checkout/"): stored
        for key, stored in aws.objects(NAMES.site_bucket).items()
        if key.startswith("_latest/checkout/")
    }
    assert {path: copies[path]["body"] for path in FILES["1.0.0"]} == FILES["1.0.0"]
    concluded = aws.state.deployment("checkout", LATEST)
    assert (concluded.sequence, concluded.verification is not None) == (3, True)
    events = [item["detail_type"] for item in aws.outbox() if item["detail_type"].startswith("Deployment")]
    assert events == ["Deployment Verified"]


@pytest.mark.usefixtures("aws")
def test_a_failed_deployment_moves_nothing_unless_the_policy_says_so_and_never_a_locked_channel() -> None:
    aws = empty_again()
    published(aws)
    make_live("1.0.0")
    make_live("1.1.0")
    react = replace(rollback.build(function_env("rollback", aws)).react_to_failed_deployment, pause=lambda _: None)
    assert react("checkout", LATEST, 2, on(NOW)).event is None
    tools().policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), ANN)
    assert react("checkout", LATEST, 1, on(NOW)).event is None, "the channel has moved on"
    assert react("checkout", LATEST, 2, on(NOW)).event is EventType.POINTER_MOVED
    channel = aws.state.channel("checkout", LATEST)
    assert (str(channel.version), channel.lock is not None) == ("1.0.0", True)
    assert react("checkout", LATEST, 3, on(NOW)).event is None, "it has been rolled back once"


@pytest.mark.usefixtures("aws")
def test_with_nothing_to_go_back_to_the_channel_is_frozen() -> None:
    aws = empty_again()
    published(aws)
    make_live("1.0.0")
    tools().policy("checkout", lambda before: replace(before, on_failed_verification="rollback"), ANN)
    react = replace(rollback.build(function_env("rollback", aws)).react_to_failed_deployment, pause=lambda _: None)
    assert react("checkout", LATEST, 1, on(NOW)).event is EventType.CHANNEL_FROZEN
    assert react("checkout", LATEST, 1, on(NOW)).event is None
    assert str(aws.state.channel("checkout", LATEST).version) == "1.0.0"
