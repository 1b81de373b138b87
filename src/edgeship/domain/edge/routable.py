"""The rule that a flag may route a channel only if the router can decide it."""

from __future__ import annotations

from collections.abc import Mapping

from edgeship.domain.edge.route_values import Routes
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST

_RULE = (
    "A flag that routes decides by users, environments, dates, percentages and splits alone; let the page evaluate any "
    "other by OFREP."
)


def not_routable(routes: Routes) -> dict[str, str]:
    """The widget's channels whose flag does not count, each with what is in the way."""
    return {name: entry["not_routable"] for name, entry in routes["channels"].items() if "not_routable" in entry}


def check_routable(widget: str, before: Routes, after: Routes) -> None:
    """Refuse a change after which a flag that counted does not, or a new one would not; one that did not count before
    may be changed.

    Raises:
        Refused: `flag_not_routable`.
    """
    known = before["channels"]
    for channel, reason in not_routable(after).items():
        flag = after["channels"][channel]["flag"]
        routed = known.get(channel, {})
        is_routed = routed.get("flag") == flag
        if is_routed and "not_routable" in routed:
            continue
        raise Refused(
            "flag_not_routable",
            f"{channel} of {widget} can't be routed: {reason}.",
            f"End its routing first: {unrouted(widget, channel)}. {_RULE}" if is_routed else _RULE,
        )


def unrouted(widget: str, channel: str) -> str:
    """The command that ends a channel's routing."""
    return f"edgeship route {widget}{'' if channel == LATEST else f' --channel {channel}'}"


def routed_by(widgets: Mapping[str, Routes], flags: frozenset[str]) -> list[str]:
    """The widgets with a channel that one of these flags routes."""
    return [
        name
        for name, routes in widgets.items()
        if any(entry.get("flag") in flags for entry in routes["channels"].values())
    ]
