"""What browsers reach: the CDN, and the routes that it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edgeship.domain.doctor.finding import Check, Finding, Level
from edgeship.domain.edge.route_values import FULL_BYTES, MAX_STORE_BYTES
from edgeship.domain.plain_text import size

ROUTER_PATH: Final = "edgeship/~t/"
"""Answered by the router alone: no origin has it."""
CLIENT_PATH: Final = "edgeship/telemetry.js"
"""Answered by the function `telemetry`, behind the CDN."""


class Fault(StrEnum):
    """Why there is no answer."""

    NAME = "name"
    CERTIFICATE = "certificate"
    NETWORK = "network"


@dataclass(frozen=True)
class Probed:
    """What a GET of a path below `url` brought: a status, or a fault and its text. `expects` is the CDN's domain that
    a name of one's own has to lead to."""

    url: str
    path: str
    status: int | None = None
    fault: Fault | None = None
    text: str = ""
    expects: str | None = None


@dataclass(frozen=True)
class EdgeFacts:
    """`revision` is that of the snapshot, `stored` that of the store; `behind` are the widgets of which the edge has
    other routes than the table. `store_bytes` is None where it is not known."""

    revision: int | None
    stored: int | None
    behind: tuple[str, ...]
    store_bytes: int | None
    problem: str | None = None

    @property
    def is_behind(self) -> bool:
        return self.problem is None and (bool(self.behind) or self.stored != self.revision)


def check_cdn(probed: Probed) -> Iterator[Finding]:
    where = f"{probed.url}/{probed.path}"
    if probed.fault is not None:
        yield Finding(Check.CDN, Level.ERROR, f"{where} can't be reached: {probed.text}", _fix(probed))
    elif probed.status != 200:
        what = "the router" if probed.path == ROUTER_PATH else "the function telemetry"
        yield Finding(
            Check.CDN,
            Level.ERROR,
            f"{where} answers {probed.status}, and not 200: {what} does not do its work there.",
            "Read the runbook Router-Errors." if probed.path == ROUTER_PATH else "Read the runbook Telemetry-Errors.",
        )


def _fix(probed: Probed) -> str:
    if probed.fault is Fault.NAME and probed.expects:
        return f"Point the name at {probed.expects} (CNAME), or wait until DNS has it everywhere."
    if probed.fault is Fault.NAME:
        return "Check the name: edgeship deploy prints where the CDN answers."
    if probed.fault is Fault.CERTIFICATE:
        return "Deploy with domain_name and a certificate_arn of ACM in us-east-1 that has this name."
    return "Check the network and any proxy; a distribution that was just deployed takes some minutes."


def check_edge(edge: EdgeFacts) -> Iterator[Finding]:
    if edge.problem is not None:
        yield Finding(
            Check.EDGE,
            Level.ERROR,
            f"The edge can't be read: {edge.problem}",
            "Deploy the environment: edgeship deploy.",
        )
        return
    if edge.is_behind:
        which = f" for {', '.join(edge.behind)}" if edge.behind else ""
        revisions = f"the store has revision {edge.stored}, the snapshot {edge.revision}"
        yield Finding(
            Check.EDGE,
            Level.ERROR,
            f"The router is behind the table{which}: {revisions}.",
            "The relay repairs it each minute. If it stays: runbook Bring the edge up to the table.",
        )
    if edge.store_bytes is not None and edge.store_bytes >= FULL_BYTES:
        yield Finding(
            Check.QUOTAS,
            Level.WARNING,
            f"The router's store has {size(edge.store_bytes)} of {size(MAX_STORE_BYTES)}: the oldest minor ranges are "
            "left out.",
            "Read the runbook Router-StoreSize.",
        )
