"""Whether what reaches a limit comes from enough networks and user agents to roll a release back.

Anybody can get tokens for one address and report failures with them. So a limit that is reached by the reports of few
networks, or of one user agent, pauses a rollout and notifies people, and quarantines nothing. Reports without a token
never do more than that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from edgeship.domain.health.analysis import AnalysisResult, Health
from edgeship.domain.health.datapoint import Datapoint
from edgeship.domain.health.low_traffic import analyse_recent
from edgeship.domain.health.thresholds import Check, Thresholds
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.witnesses import KEPT_FOR, WitnessBook

AGENTS = 2
"""User agents that failures must come from, among all of their networks."""


@dataclass(frozen=True)
class Corroboration:
    """From how many networks and user agents the reports come, and how many are `needed`; 0: nothing is asked. `fault`
    names what failed where the witnesses could not be read."""

    networks: int = 0
    agents: int = 0
    needed: int = 0
    fault: str | None = None

    @property
    def is_enough(self) -> bool:
        return not self.needed or (self.fault is None and self.networks >= self.needed and self.agents >= AGENTS)

    @property
    def reason(self) -> str:
        """Why it is not enough, for causes."""
        if self.fault is not None:
            return f"where its reports come from could not be read ({self.fault})"
        if self.networks < self.needed:
            return f"reports from {_count(self.networks, 'network')} ({self.needed} needed to roll back)"
        return f"reports from {_count(self.agents, 'user agent')} ({AGENTS} needed to roll back)"

    def numbers(self) -> dict[str, int]:
        """For the event and the history, where it is not enough."""
        return {"networks": self.networks, "agents": self.agents, "networks_needed": self.needed}


ENOUGH = Corroboration()


def corroborate(
    book: WitnessBook, check: Check, limit: float | None, since: datetime, limits: Thresholds, now: datetime
) -> Corroboration:
    """Whose reports reach the limit of `check`, since traffic first reached the release (aware) and for a day at most.

    Failures are the witnesses of an error rate, whatever its limit.
    """
    metrics, least = _witnesses_of(check, limits), 0.0
    if check in (Check.LATENCY, Check.MEMORY) and limit is not None:
        least = limit
    found = book.of(metrics, least, max(since, now - KEPT_FOR))
    agents = {agent for witness in found for agent in witness.agents}
    return Corroboration(len({witness.network for witness in found}), len(agents), limits.networks)


def _witnesses_of(check: Check, limits: Thresholds) -> tuple[Metric, ...]:
    match check:
        case Check.LATENCY:
            return (Metric.LOAD_LATENCY,)
        case Check.MEMORY:
            return (Metric.MEMORY,)
        case _ if limits.count_chunk_failures:
            return (Metric.FAILED_SESSIONS, Metric.CHUNK_FAILED_SESSIONS)
        case _:
            return (Metric.FAILED_SESSIONS,)


def analyse_unverified(
    datapoints: Iterable[Datapoint], limits: Thresholds, since: datetime, now: datetime
) -> AnalysisResult | None:
    """What reports without a valid token say, among all sessions; None where they don't reach the limit of the error
    rate, or the policy counts them with all others.

    Args:
        datapoints, since, now: as for `analyse_recent`.
    """
    if not limits.networks:
        return None
    asked = [
        Datapoint(each.start, each.seconds, each.sessions + each.unverified_sessions, each.unverified_failed_sessions)
        for each in datapoints
    ]
    found = analyse_recent(asked, (), limits, since, now)
    if not found.is_unhealthy:
        return None
    return replace(found, health=Health.DEGRADED, reason=f"reports without a valid token: {found.reason}")


def uncorroborated(found: AnalysisResult, corroboration: Corroboration) -> AnalysisResult:
    """An unhealthy analysis that rests on the reports of too few: degraded, and so no more than a pause."""
    return replace(found, health=Health.DEGRADED, reason=f"{found.reason}; {corroboration.reason}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
