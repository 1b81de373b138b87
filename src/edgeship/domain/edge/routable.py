"""The rule that a flag may route a channel only if the router can decide it."""

from __future__ import annotations

from collections.abc import Mapping

from edgeship.domain.edge.route_values import Routes
from edgeship.domain.errors import Refused
from edgeship.domain.naming import LATEST


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
        already = known.get(channel, {})
        if already.get("flag") == flag and "not_routable" in already:
            continue
        raise Refused(
            "flag_not_routable", f"{channel} of {widget} can't be routed: {reason}.", _remedy(widget, channel)
        )


def unrouted(widget: str, channel: str) -> str:
    """The command that ends a channel's routing."""
    return f"edgeship route {widget}{'' if channel == LATEST else f' --channel {channel}'}"


def _remedy(widget: str, channel: str) -> str:
    return (
        "A route is decided by target users, environments, dates, percentages and splits alone. Let the page evaluate "
        f"any other flag by OFREP. To end the routing of {channel}: {unrouted(widget, channel)}."
    )


def routed_by(widgets: Mapping[str, Routes], flags: frozenset[str]) -> list[str]:
    """The widgets with a channel that one of these flags routes."""
    return [
        name
        for name, routes in widgets.items()
        if any(entry.get("flag") in flags for entry in routes["channels"].values())
    ]
