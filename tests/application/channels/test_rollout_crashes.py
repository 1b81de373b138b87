"""Rollouts, and the two paths that end one: each dies at every write, alone and beside the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from edgeship.domain.health.health_page import Page
from edgeship.domain.version import Version
from tests.support.crash.death import Death, deaths, process, run
from tests.support.crash.scenes.actors import ANN, UNHEALTHY_SINCE, alarm, alarm_on, make_live, tick, tools
from tests.support.crash.scenes.rollouts import (
    ALARMS_MADE,
    BAKED,
    CANDIDATE,
    SCENES,
    STABLE,
    STARTED,
    UNHEALTHY,
    live,
    measured,
    rolling_out,
)
from tests.support.crash.search import dies_anywhere
from tests.support.moto.aws import NAMES, Aws, empty_again
from tests.support.moto.models import alarm_definitions, table_items
from tests.support.moto.state import MotoState

ENDS_AN_EXPOSURE = {
    "tick completes",
    "tick aborts",
    "tick aborts by comparison",
    "tick rolls back the live version",
    "tick closes the window",
}
"""A tick that does not know that it did so publishes pages as before; the next one makes them last pages, so there is
one more, or one with newer numbers, than if the first had known."""


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """CloudWatch's clock shows the scenes' time: how old an alarm is decides whether it may be removed."""
    monkeypatch.setattr("moto.cloudwatch.models.utcnow", lambda: ALARMS_MADE.replace(tzinfo=None))


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("name", SCENES)
def test_dies_anywhere_again_and_again_and_ends_the_same(name: str) -> None:
    sees = table_and_alarms if name in ENDS_AN_EXPOSURE else None
    assert dies_anywhere(SCENES[name], without_answers=sees).writes


def table_and_alarms() -> str:
    return repr((table_items(NAMES.table), alarm_definitions()))


def candidate_in_alarm(aws: Aws) -> Version:
    rolling_out(aws)
    aws.put_in_alarm(alarm_on(CANDIDATE), UNHEALTHY_SINCE)
    return CANDIDATE


def live_version_in_alarm(aws: Aws) -> Version:
    live(aws)
    make_live(str(CANDIDATE), STARTED)
    aws.put_in_alarm(alarm_on(CANDIDATE), UNHEALTHY_SINCE)
    return CANDIDATE


def nothing_to_go_back_to(aws: Aws) -> Version:
    live(aws)
    aws.put_in_alarm(alarm_on(STABLE), UNHEALTHY_SINCE)
    return STABLE


def both_in_alarm(aws: Aws) -> Version:
    measured(aws, UNHEALTHY, UNHEALTHY)
    return candidate_in_alarm(aws)


BREACHES: dict[str, Callable[[Aws], Version]] = {
    "candidate": candidate_in_alarm,
    "both versions": both_in_alarm,
    "live version": live_version_in_alarm,
    "nothing to go back to": nothing_to_go_back_to,
}


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("order", ["the event first", "the tick first"])
@pytest.mark.parametrize("name", BREACHES)
def test_either_path_suffices_and_ends_what_the_other_died_of(name: str, order: str) -> None:
    """The alarm's event, and the tick that sees the alarm: either ends what either left, however often both died."""
    breached: list[Version] = []

    def event(aws: Aws) -> Callable[[], None]:
        return lambda: alarm(aws, breached[0], BAKED)

    def minute_tick(aws: Aws) -> Callable[[], None]:
        """Without the pages, which the event has nothing to do with."""
        return lambda: tick(aws, BAKED, pages=False)

    def breach(aws: Aws) -> Callable[[], None]:
        breached.append(BREACHES[name](aws))
        return first(aws)

    first, second = (event, minute_tick) if order == "the event first" else (minute_tick, event)
    assert dies_anywhere(breach, second).writes


@pytest.mark.usefixtures("aws")
def test_no_page_of_a_tick_that_died_says_for_ever_that_its_version_is_watched() -> None:
    """The rollout is over before the next tick, which knows of the candidate by the list alone."""
    aws = empty_again()
    with process():
        rolling_out(aws)
    rolling = MotoState.take()

    def page_after(death: Death) -> Page | None:
        rolling.put_back()
        run(lambda: tick(aws, STARTED), death)
        with process():
            tools().steer_rollout.abort("checkout", "latest", replace(ANN, at=STARTED))
            tick(aws, BAKED)
        assert aws.health_pages.published().subjects == {("checkout", STABLE)}
        return aws.health_pages.read("checkout", CANDIDATE)

    life = Death()
    undisturbed = page_after(life)
    assert undisturbed is not None
    assert undisturbed["watched"] is False
    for death in deaths(life):
        page = page_after(death)
        assert page is None or page["watched"] is False, death
