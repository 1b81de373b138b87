"""What status shows of the edge's store, and of flags that it can't have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from edgeship.domain.edge.routable import not_routable, unrouted
from edgeship.domain.edge.route_values import FULL_BYTES, MAX_STORE_BYTES
from edgeship.domain.plain_text import size

if TYPE_CHECKING:
    from edgeship.application.status.read_edge import EdgeStatus
    from edgeship.domain.edge.route_values import Routes

SHOWN_FROM_PERCENT = 60
"""How full the store is, is shown from here on."""


def edge_document(edge: EdgeStatus, shown: Mapping[str, Routes]) -> dict[str, Any]:
    """`shown` are the routes of widgets, computed from the table."""
    return {
        "revision": edge.revision,
        "store_revision": edge.store_revision,
        "behind": edge.is_behind,
        "widgets_behind": list(edge.behind),
        "bytes": edge.content.size if edge.content else None,
        "keys": edge.content.keys if edge.content else None,
        "problem": edge.problem,
        "not_routable": [
            {
                "widget": widget,
                "channel": channel,
                "flag": routes["channels"][channel]["flag"],
                "reason": reason,
            }
            for widget, routes in shown.items()
            for channel, reason in not_routable(routes).items()
        ],
    }


def edge_lines(edge: EdgeStatus, shown: Mapping[str, Routes], left_out: Mapping[str, str]) -> Iterator[str]:
    """What a person should know of it; nothing when all is right."""
    for widget, routes in shown.items():
        for channel, reason in not_routable(routes).items():
            end = unrouted(widget, channel)
            yield f"NO FLAG {channel} of {widget} serves its own version: {reason}; to end the routing: {end}"
    for key, reason in left_out.items():
        yield f"LEFT OUT flag {key} is not at the edge: {reason}; apply it again, or edgeship flags delete {key}"
    if edge.problem:
        yield f"edge: not known: {edge.problem}"
    if edge.is_behind:
        yield _behind(edge)
    if edge.content and edge.full_percent >= SHOWN_FROM_PERCENT:
        yield _full(edge.content.size, edge.full_percent)


def _behind(edge: EdgeStatus) -> str:
    which = f" for {', '.join(edge.behind)}" if edge.behind else ""
    has = "none" if edge.store_revision is None else edge.store_revision
    same = edge.store_revision == edge.revision
    revisions = "" if same else f": its revision is {has}, the snapshot's {edge.revision}"
    return f"BEHIND the edge's store is behind the table{which}{revisions}; the minute tick repairs it"


def _full(bytes_: int, percent: float) -> str:
    first = f"from {100 * FULL_BYTES // MAX_STORE_BYTES} % on, the oldest minor ranges, such as ~1.0, are left out"
    if bytes_ >= FULL_BYTES:
        first = "the oldest minor ranges, such as ~1.0, are left out first"
    return f"the edge's store is {percent:.0f} % full: {size(bytes_)} of {size(MAX_STORE_BYTES)}; {first}"
