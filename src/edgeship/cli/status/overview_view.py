"""All widgets for a person: those that need somebody first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from edgeship.cli.output import grid, plain
from edgeship.cli.status.standing_text import following, standing_lines, word
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import ago
from edgeship.domain.status.standing import Need, Standing, next_command

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

QUIET_SHOWN = 30
"""Widgets that need nobody; `--all` shows all. Those that need somebody are all shown."""

Widget = tuple[str, Sequence[Standing]]


def overview_shown(
    widgets: Sequence[Widget], environment: str, now: datetime, *, every: bool
) -> Iterator[RenderableType]:
    """`widgets` have at least one standing each, the most urgent first."""
    if not widgets:
        yield plain(f"{environment}: no widget has a release yet")
        return
    ordered = sorted(widgets, key=lambda each: (each[1][0].need, each[0]))
    needing = [each for each in ordered if each[1][0].need.of_a_person]
    rest = [each for each in ordered if not each[1][0].need.of_a_person]
    yield plain(_headline(len(needing), len(widgets), environment), "bold")
    for name, standings in needing:
        yield plain("")
        yield grid(list(_urgent(name, standings, now)))
    if rest:
        yield plain("")
        shown = rest if every else rest[:QUIET_SHOWN]
        yield grid([row for name, standings in shown for row in _quiet(name, standings, now)])
        if len(shown) < len(rest):
            yield plain(f"and {len(rest) - len(shown):,} more that need nobody: edgeship status --all", "dim")


def next_shown(widgets: Sequence[Widget]) -> Iterator[RenderableType]:
    """The command that helps most now."""
    first = min(widgets, key=lambda each: (each[1][0].need, each[0]), default=None)
    yield plain("")
    yield plain(f"next: {following(_next(first)) if first else 'edgeship publish'}", "bold cyan")


def _headline(needing: int, count: int, environment: str) -> str:
    widgets = f"{count:,} widget{'s' if count > 1 else ''}"
    if needing == 0:
        return f"{environment}: {widgets}, none needs a person"
    return f"{environment}: {needing:,} of {widgets} need{'s' if needing == 1 else ''} a person"


def _urgent(name: str, standings: Sequence[Standing], now: datetime) -> Iterator[Sequence[Text]]:
    label = name
    for standing in standings:
        title, style = word(standing.need)
        lines = standing_lines(standing, now, commands=standing.need.of_a_person)
        for number, (line, style_of_line) in enumerate(lines):
            head = (
                plain(f"{label}  " if number == 0 and label else "", "bold"),
                plain(title if number == 0 else "", style),
            )
            yield [*head, plain(line, style_of_line)]
            label = ""


def _quiet(name: str, standings: Sequence[Standing], now: datetime) -> Iterator[Sequence[Text]]:
    for number, standing in enumerate(standings):
        title, style = word(standing.need)
        where = "" if standing.channel == LATEST else f"{standing.channel}: "
        since = f", {ago(standing.since, now)}" if standing.need is Need.QUIET and standing.since else ""
        yield [plain(name if number == 0 else ""), plain(title, style), plain(f"{where}{standing.what}{since}")]


def _next(widget: Widget) -> str:
    name, standings = widget
    return next_command(standings) or f"edgeship status {name}"
