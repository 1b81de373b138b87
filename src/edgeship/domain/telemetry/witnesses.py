"""Which networks and user agents the failing and slow page views of a release came from, in bounded space.

Only verified page views are witnesses. Networks and agents are keyed hashes (`tokens.hashed`), kept for a day at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from edgeship.domain.telemetry.beacon import Beacon
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version

MAX_NETWORKS = 16
"""Of each metric; those with the highest values, of equal ones the newest."""
MAX_AGENTS = 4
"""Of each network."""
KEPT_FOR = timedelta(days=1)
RENEWED_AFTER = timedelta(minutes=10)
"""A network that is known is written again when it was last seen so long ago."""


@dataclass(frozen=True)
class Witness:
    """A network, its highest value and when that was seen last (seconds since the epoch), and its user agents."""

    network: str
    value: float
    seen: int
    agents: tuple[str, ...]


@dataclass(frozen=True)
class WitnessBook:
    """A release's witnesses by metric; `revision` is the stored book's, 0: none."""

    widget: str
    version: Version
    witnesses: Mapping[Metric, tuple[Witness, ...]] = field(default_factory=dict)
    revision: int = 0

    @property
    def expires_at(self) -> int:
        """Seconds since the epoch; 0 of an empty book."""
        seen = [witness.seen for each in self.witnesses.values() for witness in each]
        return max(seen) + int(KEPT_FOR.total_seconds()) if seen else 0

    def of(self, metrics: Iterable[Metric], least: float, since: datetime) -> list[Witness]:
        """The witnesses of these metrics with at least this value, seen at or after `since` (aware)."""
        return [
            witness
            for metric in metrics
            for witness in self.witnesses.get(metric, ())
            if witness.value >= least and witness.seen >= int(since.timestamp())
        ]

    def with_view(self, values: Mapping[Metric, float], network: str, agent: str, at: datetime) -> WitnessBook:
        """The book with a page view; this same book when the view adds nothing to it."""
        now = int(at.timestamp())
        changed = {
            metric: after
            for metric, value in values.items()
            if (after := _with(self.witnesses.get(metric, ()), Witness(network, value, now, (agent,)))) is not None
        }
        if not changed:
            return self
        oldest = now - int(KEPT_FOR.total_seconds())
        merged = {**self.witnesses, **changed}
        kept = {metric: tuple(each for each in found if each.seen > oldest) for metric, found in merged.items()}
        return replace(self, witnesses={metric: found for metric, found in kept.items() if found})


def values_of(beacon: Beacon) -> dict[Metric, float]:
    """What a beacon's page view is a witness of, with its value: 1 of a failure."""
    values: dict[Metric, float] = {}
    if beacon.fails_session:
        values[Metric.CHUNK_FAILED_SESSIONS if beacon.fails_by_chunks else Metric.FAILED_SESSIONS] = 1
    if beacon.load_latency is not None:
        values[Metric.LOAD_LATENCY] = beacon.load_latency
    if beacon.memory is not None:
        values[Metric.MEMORY] = beacon.memory
    return values


def _with(found: tuple[Witness, ...], new: Witness) -> tuple[Witness, ...] | None:
    """The witnesses of a metric with one more; None when they stay as they are."""
    stale = new.seen - int(RENEWED_AFTER.total_seconds())
    known = next((each for each in found if each.network == new.network), None)
    others = tuple(each for each in found if each is not known)
    if known is not None:
        agents = known.agents
        if new.agents[0] not in agents and len(agents) < MAX_AGENTS:
            agents = (*agents, *new.agents)
        # A lower value says nothing about when the higher one was seen.
        seen = new.seen if (new.value >= known.value and known.seen <= stale) or new.value > known.value else known.seen
        after = Witness(new.network, max(known.value, new.value), seen, agents)
        return None if after == known else (*others, after)
    if len(found) < MAX_NETWORKS:
        return (*found, new)
    least = min(found, key=lambda each: (each.value, each.seen))
    if new.value > least.value or (new.value == least.value and least.seen <= stale):
        return (*(each for each in found if each is not least), new)
    return None
