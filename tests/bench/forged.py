"""What forged beacons can do, by a release's traffic: the table of docs/security.md.

`python -m tests.bench.forged` writes it. The decision is the real one (`decide_step`, the comparison, the witnesses),
on an hour of honest sessions, with the defaults of the policy; candidate and stable version have the same traffic.
Before tokens, each request was one session and one failure. Now a view that counts takes two requests, one for its
token, and a network has ten of them a minute.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.rollout import Step, start
from edgeship.domain.channels.step_decision import Evidence, StepAction, decide_step
from edgeship.domain.health.comparison_record import begun, compare
from edgeship.domain.health.corroboration import AGENTS, corroborate
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import HOUR_PERIODS, analyse_recent
from edgeship.domain.health.thresholds import PERIOD_SECONDS, Check
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.views import VIEWS_A_MINUTE
from edgeship.domain.telemetry.witnesses import WitnessBook
from edgeship.domain.version import Version
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "security.md"
MARKED = re.compile(r"(<!-- forged: [^>]*-->\n)(.*?)(\n<!-- /forged -->)", re.DOTALL)
TRAFFIC = (2, 10, 50, 200, 1_000, 10_000)
"""Sessions a minute."""
SPREADS = (3, 60)
"""Minutes over which the forger spreads the requests; the cheapest counts."""
FAILING = 20
"""Per cent of the sessions of a release whose failures somebody hides."""
REQUESTS_A_VIEW = 2
"""For the token, and the beacon."""
LIMITS = Policy().thresholds
CANDIDATE = Version(1, 1, 0)
BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
NOW = BEGAN + timedelta(hours=1)


@dataclass(frozen=True)
class Cost:
    requests: int
    networks: int = 1

    def __str__(self) -> str:
        where = f"{self.networks:,} network{'' if self.networks == 1 else 's'}"
        return f"{self.requests:,} request{'' if self.requests == 1 else 's'}, {where}"


@dataclass(frozen=True)
class Forged:
    """What comes in each of the last `minutes`, beside the honest sessions."""

    total: int
    minutes: int
    with_sessions: bool = True
    verified: bool = True

    def into(self, hour: list[Datapoint]) -> list[Datapoint]:
        share, rest = divmod(self.total, self.minutes)
        first = len(hour) - self.minutes
        return [
            self._into(each, share + (number - first < rest)) if number >= first else each
            for number, each in enumerate(hour)
        ]

    def _into(self, datapoint: Datapoint, count: int) -> Datapoint:
        if not self.verified:
            return replace(datapoint, unverified_failed_sessions=count)
        sessions = datapoint.sessions + (count if self.with_sessions else 0)
        return replace(datapoint, sessions=sessions, failed_sessions=datapoint.failed_sessions + count)


@cache
def honest(traffic: int, failing: int = 0) -> list[Datapoint]:
    """An hour of sessions; failures come evenly."""
    failed = [traffic * failing * (minute + 1) // 100 - traffic * failing * minute // 100 for minute in range(60)]
    return [
        Datapoint(BEGAN + timedelta(minutes=minute), PERIOD_SECONDS, traffic, failed[minute])
        for minute in range(HOUR_PERIODS)
    ]


def action(candidate: list[Datapoint], traffic: int, networks: int) -> StepAction:
    """What the minute tick does with a rollout, when the reports come from so many networks and user agents."""
    rollout = start(CANDIDATE, (Step(50, 7 * 24 * 3600), Step(100, 0)), BEGAN)
    stable = honest(traffic)
    before = begun(None, "checkout", "latest", CANDIDATE, BEGAN)
    _, compared = compare(before, candidate, stable, LIMITS, PERIOD_SECONDS, NOW)
    decision = decide_step(rollout, Policy(), Evidence(candidate, stable, compared=compared), NOW)
    backing = corroborate(book(networks), Check.ERROR_RATE, LIMITS.error_rate, BEGAN, LIMITS, NOW)
    return decision.with_corroboration(backing).action


@cache
def book(networks: int) -> WitnessBook:
    found = WitnessBook("checkout", CANDIDATE)
    for number in range(networks):
        found = found.with_view({Metric.FAILED_SESSIONS: 1}, f"n{number}", f"a{number % AGENTS}", NOW)
    return found


def rolled_back(live: list[Datapoint], networks: int) -> bool:
    """Whether the minute tick rolls a live version back."""
    if not analyse_recent(live, (), LIMITS, BEGAN, NOW).is_unhealthy:
        return False
    return corroborate(book(networks), Check.ERROR_RATE, LIMITS.error_rate, BEGAN, LIMITS, NOW).is_enough


def fewest(works: Callable[[int], bool]) -> int:
    """The fewest for which it works; it does for all more.

    Raises:
        AssertionError: it does for no number that this table could show.
    """
    most = 1
    while not works(most):
        most *= 2
        assert most < 2**30
    least = most // 2
    while most - least > 1:
        middle = (most + least) // 2
        least, most = (least, middle) if works(middle) else (middle, most)
    return most


ENOUGH = 16
"""Networks: more than any policy asks for."""


def before_tokens(ends: Callable[[list[Datapoint], int], bool], traffic: int) -> Cost:
    """From one address, in the cheapest way."""
    return Cost(
        min(
            fewest(lambda n: ends(Forged(n, spread, sessions).into(honest(traffic)), ENOUGH))  # noqa: B023  called here
            for spread in SPREADS
            for sessions in (True, False)
        )
    )


def with_tokens(ends: Callable[[list[Datapoint], int], bool], traffic: int) -> Cost:
    """From as few networks as can be, and then with as few requests."""
    costs = []
    for spread in SPREADS:
        views = fewest(lambda n: ends(Forged(n, spread).into(honest(traffic)), ENOUGH))  # noqa: B023  called here
        forged = Forged(views, spread).into(honest(traffic))
        asked = fewest(lambda n: ends(forged, n))  # noqa: B023  called here
        networks = max(math.ceil(views / spread / VIEWS_A_MINUTE), asked)
        costs.append(Cost(REQUESTS_A_VIEW * max(views, networks), networks))
    return min(costs, key=lambda cost: (cost.networks, cost.requests))


STOPPED = (StepAction.PAUSE, StepAction.ABORT)


def paused(traffic: int) -> Cost:
    """From one network: without a token, or with what tokens it gets."""

    def by(forged: Forged) -> bool:
        return action(forged.into(honest(traffic)), traffic, 1) in STOPPED

    without = min(fewest(lambda n: by(Forged(n, spread, verified=False))) for spread in SPREADS)  # noqa: B023  here
    views = min(
        (n for spread in SPREADS if (n := fewest(lambda n: by(Forged(n, spread)))) <= spread * VIEWS_A_MINUTE),  # noqa: B023
        default=without,
    )
    return Cost(min(without, REQUESTS_A_VIEW * views))


def hidden(traffic: int) -> int:
    """Healthy sessions a minute, all hour long, with which a failing candidate is neither paused nor aborted."""

    def is_hidden(healthy: int) -> bool:
        hour = [replace(each, sessions=each.sessions + healthy) for each in honest(traffic, FAILING)]
        return action(hour, traffic, ENOUGH) not in STOPPED

    return fewest(is_hidden)


def row(traffic: int) -> str:
    def ends(candidate: list[Datapoint], networks: int) -> bool:
        return action(candidate, traffic, networks) is StepAction.ABORT

    def stops(candidate: list[Datapoint], networks: int) -> bool:
        return action(candidate, traffic, networks) in STOPPED

    healthy = hidden(traffic)
    cells = (
        f"{traffic:,}",
        before_tokens(ends, traffic),
        with_tokens(ends, traffic),
        before_tokens(rolled_back, traffic),
        with_tokens(rolled_back, traffic),
        before_tokens(stops, traffic),
        paused(traffic),
        Cost(healthy),
        Cost(REQUESTS_A_VIEW * healthy, math.ceil(healthy / VIEWS_A_MINUTE)),
    )
    return f"| {' | '.join(map(str, cells))} |"


def table() -> str:
    head = (
        "| sessions a minute | end a rollout, before | now | roll a live version back, before | now "
        f"| pause a rollout, before | now | hide {FAILING} % of failures, each minute, before | now |"
    )
    return "\n".join((head, "|---|---|---|---|---|---|---|---|---|", *map(row, TRAFFIC)))


def shown(page: str) -> str:
    """The table between the page's markers."""
    found = MARKED.search(page)
    assert found is not None
    return found[2]


if __name__ == "__main__":
    PAGE.write_text(MARKED.sub(lambda match: match[1] + table() + match[3], PAGE.read_text("utf-8")), "utf-8")
