"""How many sessions a broken release costs until it is out, by its error rate and the percentage it is rolled out to.

A simulation of the domain's own decision (`decide_step`, each minute) on sessions drawn by chance. The peer is the rule
of the usual script: look once a minute, and take the release back when that minute's error rate is over the limit. It
has neither a minimum sample nor three minutes in a row, so it is early, and also takes back releases that are well:
the last rows say how many of these.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step, start
from edgeship.domain.channels.step_decision import Evidence, StepAction, decide_step
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS
from edgeship.domain.health.thresholds import PERIOD_SECONDS
from edgeship.domain.version import Version
from tests.bench.report import Report, Row

SESSIONS_A_MINUTE = 1_000
"""Of the whole widget."""
PERCENTAGES = (1, 5, 25, 50)
BROKEN = (1, 5, 10, 25, 50)
"""Error rates, per cent; the limit is 5, which 5 % lies at and 1 % under."""
WELL = 2
RUNS = 40
PATIENCE_MINUTES = 12 * 60
BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = timedelta(seconds=PERIOD_SECONDS)

Rule = Callable[[list[Datapoint], datetime, int], bool]


@dataclass(frozen=True)
class Caught:
    """How many of `RUNS` releases were taken back within 12 hours, and what the median cost in sessions and minutes."""

    share: float
    sessions: float | None
    minutes: float | None


def by_edgeship(datapoints: list[Datapoint], now: datetime, percent: int) -> bool:
    steps = (Step(percent, 7 * 24 * 3600), Step(100, 0))
    rollout = start(Version(1, 1, 0), steps, BEGAN)
    evidence = Evidence(candidate=datapoints[-HOUR_PERIODS:])
    return decide_step(rollout, Policy(), evidence, now).action is StepAction.ABORT


def by_script(datapoints: list[Datapoint], now: datetime, percent: int) -> bool:
    last = datapoints[-1]
    return last.error_rate is not None and last.error_rate >= Policy().thresholds.error_rate


def measure(progress: Callable[[str], None]) -> Report:
    rows = []
    for percent in PERCENTAGES:
        for error_rate in BROKEN:
            ours, theirs = (catch(rule, percent, error_rate) for rule in (by_edgeship, by_script))
            what = f"{error_rate} % of errors, at {percent} %: sessions until it is out"
            rows.append(Row(what, "", ours.sessions, theirs.sessions, digits=0))
            rows.append(Row("    minutes", "", ours.minutes, theirs.minutes, digits=0))
        progress(f"at {percent} %")
    for percent in PERCENTAGES:
        ours, theirs = (catch(rule, percent, WELL) for rule in (by_edgeship, by_script))
        what = f"{WELL} % of errors, which is well, at {percent} %: taken back within 12 hours"
        rows.append(Row(what, "%", 100 * ours.share, 100 * theirs.share, digits=0))
    return Report(
        name="detection",
        title=f"Sessions until a broken release is out, {SESSIONS_A_MINUTE:,} sessions a minute in all (medians)",
        peer="one minute over 5 %",
        rows=tuple(rows),
        notes=(
            "simulated sessions, the real decision; empty: fewer than half were taken back within 12 hours",
            "the limit is 5 %: 1 % of errors is under it, 5 % on it",
        ),
    )


def catch(rule: Rule, percent: int, error_rate: int) -> Caught:
    dice = random.Random(f"{percent} {error_rate}")
    found = [_sessions_until(rule, percent, error_rate, dice) for _ in range(RUNS)]
    caught = [each for each in found if each is not None]
    if len(caught) * 2 < RUNS:
        return Caught(len(caught) / RUNS, None, None)
    never = (float("inf"), float("inf"))
    sessions, minutes = (statistics.median(each[n] for each in (one or never for one in found)) for n in (0, 1))
    return Caught(len(caught) / RUNS, sessions, minutes)


def _sessions_until(rule: Rule, percent: int, error_rate: int, dice: random.Random) -> tuple[float, float] | None:
    datapoints: list[Datapoint] = []
    seen = 0
    mean = SESSIONS_A_MINUTE * percent / 100
    for minute in range(PATIENCE_MINUTES):
        sessions = max(0, round(dice.gauss(mean, mean**0.5)))
        failed = _failures(sessions, error_rate / 100, dice)
        datapoints.append(Datapoint(BEGAN + minute * MINUTE, PERIOD_SECONDS, sessions, failed))
        seen += sessions
        if rule(datapoints, datapoints[-1].end, percent):
            return seen, minute + 1
    return None


def _failures(sessions: int, share: float, dice: random.Random) -> int:
    if sessions <= 100:
        return sum(dice.random() < share for _ in range(sessions))
    return min(sessions, max(0, round(dice.gauss(sessions * share, (sessions * share * (1 - share)) ** 0.5))))
