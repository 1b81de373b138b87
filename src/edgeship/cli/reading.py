"""edgeship releases, status and history: what there is, and how it came to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.history_text import describe
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import size, table, when

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.read_status import Status, WidgetStatus
    from edgeship.domain.channel import Channel
    from edgeship.domain.release import Release

_COMMIT_SHOWN = 10


def releases(ctx: typer.Context, widget: WidgetArgument, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """List a widget's releases, newest version first.

    Example:

        edgeship releases checkout
    """
    out = context.output(ctx, as_json)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses a widget that nobody knows
    live = _channels_by_version(operator.state.channels(widget))
    listed = [_release(release, live.get(str(release.version), [])) for release in operator.state.releases(widget)]
    rows = [
        (
            r["version"],
            ", ".join(r["channels"]) or "-",
            _hold(r["quarantine"]),
            r["files"],
            size(r["total_bytes"]),
            (r["git_commit"] or "-")[:_COMMIT_SHOWN],
            when(r["registered_at"]),
            r["registered_by"],
        )
        for r in listed
    ]
    columns = ("version", "live on", "quarantined", "files", "size", "commit", "registered (UTC)", "by")
    shown = table(f"releases of {widget}", columns, rows, empty=f"{widget} has no releases")
    out.result({"widget": widget, "releases": listed}, [shown])


def status(
    ctx: typer.Context,
    widget: Annotated[str | None, typer.Argument(metavar="[WIDGET]", help="One widget; all when left out.")] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is live, waits or was refused.

    That is where each channel points, which releases wait and why, which are quarantined, and the last 20 uploads
    that were refused.

    Example:

        edgeship status checkout --json
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    found = target.operator.status(widget)
    document = {
        "environment": target.names.environment,
        "widgets": [_widget(w) for w in found.widgets],
        "rejections": [rejection.to_dict() for rejection in found.rejections],
    }
    out.result(document, _status_tables(found, document))


def history(
    ctx: typer.Context,
    widget: WidgetArgument,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many events, newest first.")] = 20,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what happened: when, what, who and why.

    Newest first.

    Example:

        edgeship history checkout --limit 5
    """
    out = context.output(ctx, as_json)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses a widget that nobody knows
    events = operator.state.events(widget, limit)
    document = {"widget": widget, "events": [{"type": event.type.value, **event.detail()} for event in events]}
    rows = [(when(event.occurred_at), describe(event), event.actor, event.cause) for event in events]
    shown = table(f"history of {widget}", ("when (UTC)", "what", "who", "why"), rows, empty="nothing happened yet")
    out.result(document, [shown])


def _channels_by_version(channels: list[Channel]) -> dict[str, list[str]]:
    live: dict[str, list[str]] = {}
    for channel in channels:
        live.setdefault(str(channel.version), []).append(channel.name)
    return live


def _release(release: Release, channels: list[str]) -> dict[str, Any]:
    return {
        "version": str(release.version),
        "channels": channels,
        "quarantine": asdict(release.quarantine) if release.quarantine else None,
        "digest": release.digest,
        "entrypoint": release.entrypoint,
        "files": release.files,
        "total_bytes": release.total_bytes,
        "git_commit": release.git_commit,
        "created_at": release.created_at,
        "registered_at": release.registered_at,
        "registered_by": release.registered_by,
        "promoted_at": release.promoted_at,
    }


def _widget(status: WidgetStatus) -> dict[str, Any]:
    return {
        "widget": status.widget,
        "releases": status.releases,
        "channels": [
            {
                "name": channel.name,
                "version": str(channel.version) if channel.version else None,
                "sequence": channel.sequence,
                "since": channel.moved_at,
                "by": channel.moved_by,
                "lock": asdict(channel.lock) if channel.lock else None,
                "flag": channel.flag,
            }
            for channel in status.channels
        ],
        "waiting": [{"version": str(waiting.version), "reason": waiting.reason} for waiting in status.waiting],
        "quarantined": [
            {"version": str(release.version), **asdict(release.quarantine)}
            for release in status.quarantined
            if release.quarantine
        ],
    }


def _version(channel: Mapping[str, Any]) -> str:
    version = channel["version"] or "-"
    return f"{version}, or as flag {channel['flag']} says" if channel["flag"] else version


def _status_tables(found: Status, document: Mapping[str, Any]) -> Iterator[RenderableType]:
    widgets = document["widgets"]
    channels = [
        (w["widget"], c["name"], _version(c), when(c["since"]), c["by"] or "-", _hold(c["lock"]))
        for w in widgets
        for c in w["channels"]
    ]
    columns = ("widget", "channel", "version", "since (UTC)", "by", "locked")
    yield table(f"channels in {document['environment']}", columns, channels, empty="no channel points anywhere yet")
    waiting = [(w["widget"], v["version"], v["reason"]) for w in widgets for v in w["waiting"]]
    if waiting:
        yield table("waiting", ("widget", "version", "why"), waiting)
    barred = [(w["widget"], v["version"], _hold(v)) for w in widgets for v in w["quarantined"]]
    if barred:
        yield table("quarantined", ("widget", "version", "why"), barred)
    refused = [(when(r.rejected_at), r.key, r.reason, r.remedy, r.archive) for r in found.rejections]
    if refused:
        yield table("refused uploads", ("when (UTC)", "upload", "why", "what to do", "kept at"), refused)


def _hold(hold: Mapping[str, Any] | None) -> str:
    return f"{hold['cause']} ({hold['actor']}, {when(hold['since'])})" if hold else "-"
