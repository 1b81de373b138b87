"""What a state asks of people: as text, and under `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from edgeship.cli.output import grid, plain
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import ago, cut
from edgeship.domain.status.standing import Need, Standing

if TYPE_CHECKING:
    from rich.console import RenderableType

MAX_CAUSE = 200
"""Characters of a cause in text; all of it is in the JSON."""

_STYLES = {Need.FROZEN: "yellow", Need.CLIMBING: "green", Need.QUIET: ""}
"""Of those that need nobody."""


def standing_document(standing: Standing) -> dict[str, Any]:
    return {
        "need": standing.need.name.lower(),
        "needs_person": standing.need.of_a_person,
        "channel": standing.channel,
        "what": standing.what,
        "cause": standing.cause,
        "since": standing.since,
        "next": list(standing.commands),
    }


def word(need: Need) -> tuple[str, str]:
    """How it is shown: upper case where a person is needed; and its style."""
    if not need.of_a_person:
        return need.word, _STYLES[need]
    return need.word.upper(), "bold red" if need <= Need.CANDIDATE else "bold yellow"


def standing_lines(standing: Standing, now: datetime, *, commands: bool = True) -> Iterator[tuple[str, str]]:
    """The lines of it, each with its style."""
    where = "" if standing.channel == LATEST else f"{standing.channel}: "
    since = f", {ago(standing.since, now)}" if standing.since else ""
    yield f"{where}{standing.what}{since}", ""
    if standing.cause:
        yield cut(standing.cause, MAX_CAUSE), "dim"
    if commands:
        yield from ((command, "bold cyan") for command in standing.commands[:2])


def following(command: str) -> str:
    """A command as the next one to type."""
    return f"{command} (once a fixed version is published)" if "VERSION" in command else command


def standings_shown(standings: Iterable[Standing], now: datetime) -> RenderableType:
    """One after the other: a word, and beside it what, why and what to type."""
    rows = []
    for standing in standings:
        name, style = word(standing.need)
        for number, (line, style_of_line) in enumerate(standing_lines(standing, now)):
            rows.append((plain(name if number == 0 else "", style), plain(line, style_of_line)))
    return grid(rows)
