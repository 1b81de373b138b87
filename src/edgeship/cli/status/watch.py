"""edgeship rollout watch: a rollout until it has ended, live on a terminal and as lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.channels.expecting import shown
from edgeship.cli.durations import parse_duration
from edgeship.cli.errors import ExitCode
from edgeship.cli.options import ChannelOption, EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import Output, console, plain
from edgeship.domain.events import timestamp
from edgeship.domain.naming import LATEST
from edgeship.domain.plain_text import number, when

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.status.follow_rollout import Seen

SPARKS = "▁▂▃▄▅▆▇█"
KEPT = 40
"""Values of a sparkline."""

EVERY = 5.0
"""Seconds between two reads, unless said otherwise."""

EveryOption = Annotated[
    float, typer.Option("--every", metavar="SECONDS", min=0.2, max=60, help="How often the state is read.")
]


def watch(
    ctx: typer.Context,
    widget: WidgetArgument,
    channel: ChannelOption = LATEST,
    every: EveryOption = EVERY,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="DURATION", help="Give up after 30m, 2h, 7d, …. Default: never.")
    ] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Watch a rollout until it has ended: exit code 0 if it completed, 1 if not.

    On a terminal it shows the steps, the time left, and the candidate's numbers beside the stable version's, with the
    line of its error rate. In a pipe it prints a line for each change, for CI. Ctrl-C ends the watching, not the
    rollout.

    Example:

        edgeship rollout watch checkout --timeout 7d
    """
    out = context.output(ctx, as_json)
    limit = timedelta(seconds=parse_duration(timeout, "--timeout")) if timeout is not None else None
    target = context.target(ctx, env, out)
    last = follow(out, target.operator.follow_rollout(widget, channel, every, limit))
    shown(target, [last.numbers.channel])
    assert last.outcome is not None  # it is the last
    out.result(_document(last), [plain(_ended(last), "bold green" if last.outcome.is_good else "bold red")])
    if not last.outcome.is_good:
        raise typer.Exit(ExitCode.REFUSED)


def follow(out: Output, states: Iterable[Seen]) -> Seen:
    """Show each state, and return the last."""
    last: Seen | None = None
    if not out.as_json and sys.stderr.isatty():
        from rich.live import Live

        rates: list[tuple[float | None, float | None]] = []
        with Live(console=console(sys.stderr), auto_refresh=False, transient=True) as live:
            for last in states:
                rates = [*rates, _rates(last)][-KEPT:]
                live.update(_screen(last, rates), refresh=True)
    else:
        said = ""
        for last in states:
            line = _line(last)
            if line != said:
                out.note(f"{when(timestamp(last.at))} {line}")
                said = line
    assert last is not None  # there is at least one
    return last


def _screen(seen: Seen, rates: Sequence[tuple[float | None, float | None]]) -> RenderableType:
    from rich.console import Group

    from edgeship.cli.status.numbers import numbers_document, numbers_notes, numbers_shown
    from edgeship.cli.status.widget_view import rollout_lines

    channel, document = seen.numbers.channel, numbers_document(seen.numbers)
    parts: list[RenderableType] = [plain(f"{channel.name} of {channel.widget}", "bold")]
    parts += [plain(line) for line in rollout_lines(channel, seen.rollout, seen.at)]
    if (table := numbers_shown(document)) is not None:
        parts += [plain(""), table]
    for label, values in (("candidate", [ours for ours, _ in rates]), ("stable", [theirs for _, theirs in rates])):
        if (line := sparkline(values)).strip():
            parts.append(plain(f"error rate {label:9} {line}", "dim"))
    parts += [plain(note, "dim") for note in numbers_notes(document, seen.at)]
    return Group(*parts)


def sparkline(values: Sequence[float | None]) -> str:
    """A character a value, from 0 to the largest; a space for what is not known."""
    top = max((value for value in values if value is not None), default=0) or 1
    return "".join(" " if value is None else SPARKS[min(int(value / top * 8), 7)] for value in values)


def _line(seen: Seen) -> str:
    from edgeship.domain.status.standing import phase_word

    rollout, channel = seen.rollout, seen.numbers.channel
    at = f"{rollout.percent:g} %, step {rollout.step + 1} of {len(rollout.steps)}"
    ours, _ = _rates(seen)
    page = seen.numbers.pages.get(rollout.candidate)
    health = f", {page['status']}" if page else ""
    rate = f", error rate {number(ours)} %" if ours is not None else ""
    cause = (rollout.held or rollout.paused) if rollout.active else None
    why = f": {cause.cause}" if cause is not None else ""
    word = seen.outcome.value.replace("_", " ") if seen.outcome else phase_word(rollout)
    return f"{channel.widget} {rollout.candidate} {word} at {at}{health}{rate}{why}"


def _rates(seen: Seen) -> tuple[float | None, float | None]:
    """The error rates of the candidate and of the stable version, in per cent."""
    pages, channel = seen.numbers.pages, seen.numbers.channel

    def rate(version: Any) -> float | None:
        metrics = pages[version]["metrics"] if version in pages else None
        return metrics["error_rate"]["value"] if metrics else None

    return rate(seen.rollout.candidate), rate(channel.version)


def _ended(seen: Seen) -> str:
    assert seen.outcome is not None
    channel, candidate = seen.numbers.channel, seen.rollout.candidate
    what = f"{channel.name} of {channel.widget}: the rollout to {candidate} is {seen.outcome.value.replace('_', ' ')}"
    if seen.outcome.is_good:
        return f"{what}, everybody gets {candidate}"
    why = f"\n{channel.lock.cause}" if channel.lock is not None else ""
    return f"{what}, everybody gets {channel.version}{why}\nnext: edgeship status {channel.widget}"


def _document(seen: Seen) -> dict[str, Any]:
    from edgeship.cli.status.numbers import numbers_document

    channel = seen.numbers.channel
    return {
        "widget": channel.widget,
        "channel": channel.name,
        "candidate": str(seen.rollout.candidate),
        "outcome": seen.outcome.value if seen.outcome else None,
        "version": str(channel.version) if channel.version else None,
        "cause": channel.lock.cause if channel.lock and seen.outcome and not seen.outcome.is_good else None,
        "numbers": numbers_document(seen.numbers),
    }
