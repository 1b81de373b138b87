"""edgeship releases and history: which releases exist, and what happened."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.options import EnvOption, JsonOption, WidgetArgument
from edgeship.cli.output import hold, table
from edgeship.domain.notifications.event_text import describe
from edgeship.domain.plain_text import size, when

if TYPE_CHECKING:
    from edgeship.domain.channels.channel import Channel
    from edgeship.domain.releases.release import Release

_COMMIT_SHOWN = 10


def releases(ctx: typer.Context, widget: WidgetArgument, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """List a widget's releases, newest version first.

    Example:

        edgeship releases checkout
    """
    out = context.output(ctx, as_json)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    live = _channels_by_version(operator.state.channels(widget))
    listed = [_release(release, live.get(str(release.version), [])) for release in operator.state.releases(widget)]
    rows = [
        (
            r["version"],
            ", ".join(r["channels"]) or "-",
            hold(r["quarantine"]) if r["pruned"] is None else "pruned",
            f"{r['kind']}, imported" if r["imported"] else r["kind"] or "-",
            r["files"],
            size(r["total_bytes"]),
            (r["git_commit"] or "-")[:_COMMIT_SHOWN],
            when(r["registered_at"]),
            r["registered_by"],
            (r["signed"] or {}).get("identity", "-"),
        )
        for r in listed
    ]
    columns = (
        "version",
        "live on",
        "quarantined",
        "kind",
        "files",
        "size",
        "commit",
        "registered (UTC)",
        "by",
        "signed by",
    )
    shown = table(f"releases of {widget}", columns, rows, empty=f"{widget} has no releases")
    out.result({"widget": widget, "releases": listed}, [shown])


def history(
    ctx: typer.Context,
    widget: WidgetArgument,
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="How many events, newest first.")] = 20,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what happened, newest first: when, what, who and why. Freezes of every widget, and what runs in the
    environment, are included.

    Example:

        edgeship history checkout --limit 5
    """
    out = context.output(ctx, as_json)
    operator = context.target(ctx, env, out).operator
    operator.status(widget)  # refuses an unknown widget
    events = [*operator.state.events(widget, limit), *operator.state.environment_events(limit)]
    events = sorted(events, key=lambda event: (event.occurred_at, event.event_id), reverse=True)[:limit]
    document = {"widget": widget, "events": [{"type": event.type.value, **event.detail()} for event in events]}
    rows = [(when(event.occurred_at), describe(event), event.actor, event.cause) for event in events]
    shown = table(f"history of {widget}", ("when (UTC)", "what", "who", "why"), rows, empty="nothing has happened yet")
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
        "pruned": asdict(release.pruned) if release.pruned else None,
        "digest": release.digest,
        "entrypoint": release.entrypoint,
        "kind": release.entry.kind if release.entry else None,
        "imported": release.entry.imported if release.entry else None,
        "files": release.files,
        "total_bytes": release.total_bytes,
        "git_commit": release.git_commit,
        "created_at": release.created_at,
        "registered_at": release.registered_at,
        "registered_by": release.registered_by,
        "promoted_at": release.promoted_at,
        "check": release.check.to_dict() if release.check is not None else None,
        "requires": {each.name: each.range for each in release.requires},
        "signed": {
            "identity": release.signed.identity,
            "key_id": release.signed.key_id,
            "signed_at": release.signed.signed_at,
        }
        if release.signed
        else None,
    }
