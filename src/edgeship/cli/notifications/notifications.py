"""edgeship notifications: who is notified of which events."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import ExitCode
from edgeship.cli.notifications import notifications_diff
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption
from edgeship.cli.output import plain, table
from edgeship.domain.notifications.rules import Notifications
from edgeship.domain.notifications.rules_record import to_document
from edgeship.domain.severity import Severity

app = typer.Typer(help="Show, change and test who is notified of events.", no_args_is_help=True, rich_markup_mode=None)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="A JSON file.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Show what would change, and change nothing.")]
ON_ITS_WAY = "on its way"
"""The status of a test before its first attempt has ended."""


@app.command()
def get(ctx: typer.Context, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Show the destinations and the rules; under --json, the document that apply takes.

    Example:

        edgeship notifications get
    """
    out = context.output(ctx, as_json)
    record = context.target(ctx, env, out).operator.state.notifications()
    if record.revision == 0:
        out.note("nothing has been applied yet; this is the default")
    out.result(to_document(record.notifications), [*_shown(record.notifications)])


@app.command()
def apply(
    ctx: typer.Context,
    file: FileArgument,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Replace the destinations and the rules by those of a file.

    If the file has faults, all of them are listed with their places, and nothing is applied.

    Example:

        edgeship notifications apply notifications.json --dry-run
    """
    from edgeship.adapters.documents.notifications_file import read_notifications_file

    out = context.output(ctx, as_json)
    document = read_notifications_file(file)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or f"notifications apply {file.name}")
    change = target.operator.notifications(document, occasion, dry_run=dry_run, loopback=target.local is not None)
    if dry_run:
        out.note("dry run: nothing is applied")
    shown = notifications_diff.lines(change) or ["nothing to do"]
    changes = notifications_diff.document(change)
    out.result({"dry_run": dry_run, "changes": changes}, [plain(line) for line in shown])


@app.command("test")
def send_test(
    ctx: typer.Context,
    destinations: Annotated[
        list[str] | None, typer.Argument(metavar="DESTINATION", help="Their names. Default: all.")
    ] = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", min=1, help="How long to wait for them.")] = 30.0,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> int:
    """Send a test along the whole path of an event, and show the result at each destination.

    The exit code is 0 only if every destination took it.

    Example:

        edgeship notifications test on-call
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    operator = target.operator
    event = operator.test_notification(destinations or (), target.occasion("edgeship notifications test"))
    named: list[str] = (event.new or {})["destinations"]
    out.note(f"sent to {', '.join(named)}; waiting for the results")
    found = {
        each.destination: each
        for each in operator.follow_notification(event.event_id, named, timedelta(seconds=timeout))
    }
    results: list[dict[str, Any]] = [
        {
            "destination": name,
            "status": found[name].status.value if name in found else ON_ITS_WAY,
            "attempts": found[name].attempts if name in found else 0,
            "reason": found[name].reason if name in found else "",
        }
        for name in named
    ]
    rows = [(each["destination"], each["status"], each["attempts"], each["reason"]) for each in results]
    shown = table("test", ("destination", "status", "attempts", "reason"), rows)
    out.result({"event_id": event.event_id, "destinations": results}, [shown])
    done = all(each["status"] == "delivered" for each in results)
    return ExitCode.DONE if done else ExitCode.TROUBLE


def _shown(notifications: Notifications) -> tuple[Any, Any]:
    destinations = [(d.name, d.kind, d.url or "-", d.secret or "-") for d in notifications.destinations]
    rules = [
        (
            ", ".join(rule.to),
            ", ".join(sorted(rule.events)) or "every type",
            ", ".join(rule.widgets) or "every widget",
            rule.at_least if rule.at_least is not Severity.INFO else "any",
        )
        for rule in notifications.rules
    ]
    return (
        table("destinations", ("name", "type", "URL", "secret"), destinations),
        table("rules", ("to", "events", "widgets", "at least"), rules),
    )
