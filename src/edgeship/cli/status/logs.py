"""edgeship logs: what the functions logged about a widget or an event."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.durations import parse_duration
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import grid, plain
from edgeship.domain.events import timestamp
from edgeship.domain.naming import check_widget
from edgeship.domain.plain_text import cut

if TYPE_CHECKING:
    from edgeship.application.status.ports import LogLine

_OWN = frozenset(
    {"level", "message", "timestamp", "service", "location", "correlation_id", "xray_trace_id", "function_request_id"}
)
"""Fields that every line has, and which are shown in their own place or not at all."""
_STYLES = {"ERROR": "bold red", "CRITICAL": "bold red", "WARNING": "yellow"}
MAX_FIELD = 200
_EVENT_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


def logs(
    ctx: typer.Context,
    widget: Annotated[str | None, typer.Argument(metavar="[WIDGET]", help="The widget's name.")] = None,
    event: Annotated[
        str | None,
        typer.Option("--event", metavar="ID", help="What this event caused: an id of edgeship history --json."),
    ] = None,
    since: Annotated[str, typer.Option("--since", metavar="DURATION", help="How far back: 30m, 2h, 7d.")] = "1h",
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the functions logged about a widget, or about one event, in order.

    Lines of one run belong together: they have the id of the event that started it, which is shown at their end. The
    edge logs in the Region of each viewer, and is not searched.

    Example:

        edgeship logs checkout --since 30m
    """
    from edgeship.bootstrap.runtime import utc_now

    if (widget is None) == (event is None):
        raise Usage("Neither or both of WIDGET and --event are given.", "Give one of them.")
    if event is not None and not _EVENT_ID.fullmatch(event):
        raise Usage("--event is no id of an event.", "Take one of edgeship history WIDGET --json, or of a log line.")
    begin = utc_now() - timedelta(seconds=parse_duration(since, "--since"))
    out = context.output(ctx, as_json)
    read = context.target(ctx, env, out).operator.logs
    found = read.of_widget(check_widget(widget), begin) if widget is not None else read.of_event(str(event), begin)
    document = {
        "widget": widget,
        "event": event,
        "since": timestamp(begin),
        "lines": [_document(line) for line in found],
    }
    rows = [(plain(f"{line.at:%H:%M:%S}", "dim"), plain(line.function), _text(line)) for line in found]
    out.result(document, [grid(rows) if rows else plain(f"the functions logged nothing about it in the last {since}")])


def _document(line: LogLine) -> dict[str, Any]:
    return {"at": timestamp(line.at), "function": line.function, "fields": dict(line.fields)}


def _text(line: LogLine) -> Any:
    fields = {name: value for name, value in line.fields.items() if name not in _OWN and value not in (None, "", [])}
    shown = " ".join(f"{name}={cut(str(value), MAX_FIELD)}" for name, value in fields.items())
    run = line.fields.get("correlation_id")
    text = plain(str(line.fields["message"]), _STYLES.get(str(line.fields.get("level")), "bold"))
    return text.append(plain(f" {shown}")).append(plain(f"  {run}" if run else "", "dim"))
