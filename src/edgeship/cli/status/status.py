"""edgeship status: what is live, rolling out, unhealthy, waiting, and what was refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.application.status.ports import EnvironmentState
from edgeship.cli import context
from edgeship.cli.channels.approval import named
from edgeship.cli.channels.channel_document import channel_document
from edgeship.cli.channels.expecting import shown
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import hold, plain, table, when
from edgeship.cli.propagation.deployment_document import (
    deployment_document,
    deployment_words,
    mismatches_shown,
)
from edgeship.cli.requirements.environment import unserved_line
from edgeship.cli.status.edge_document import edge_document, edge_lines
from edgeship.domain.calendar.freeze import freeze_summary, frozen_text
from edgeship.domain.events import EventType
from edgeship.domain.propagation.deployment import FREE_PATHS_A_MONTH

if TYPE_CHECKING:
    from rich.console import RenderableType

    from edgeship.application.status.read_status import Status, WidgetStatus

Document = Mapping[str, Any]

_EVENTS_SEARCHED = 100
"""For the pause of a paused rollout: after it there can only be events of other channels and of uploads."""

_WATCHING = "mode watch: people are notified of unhealthy releases, and nothing else is done"


def status(
    ctx: typer.Context,
    widget: Annotated[str | None, typer.Argument(metavar="[WIDGET]", help="One widget; all when left out.")] = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what is live, rolling out, unhealthy, waiting, and what was refused.

    First the freezes that are in effect. For each channel: its version, the progress of its rollout, and whether
    the live version is unhealthy, or requires what does not run in the environment. Also the releases that are waiting,
    and why; the quarantined releases; the last 20 uploads that were refused; and the last 20 notifications that a
    destination did not take. Of the edge's store: whether it is behind the table, and whether it is nearly full;
    channels whose flag does not count; and flags that can't be brought to the edge.

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
        "undelivered": [asdict(delivery) for delivery in found.undelivered],
        "freezes": [freeze_summary(record) for record in found.freezes],
        "edge": edge_document(found),
        "flags_left_out": [{"flag": key, "reason": reason} for key, reason in found.flags_left_out.items()],
        "invalidation_paths": {
            "month": found.month,
            "count": found.invalidation_paths,
            "free": FREE_PATHS_A_MONTH,
        },
    }
    shown(target, (channel for each in found.widgets for channel in each.channels))
    out.result(document, _shown(found, document, target.operator.state))


def _widget(status: WidgetStatus) -> dict[str, Any]:
    deployments = {deployment.channel: deployment for deployment in status.deployments}
    return {
        "widget": status.widget,
        "releases": status.releases,
        "mode": status.mode,
        "channels": [
            {**channel_document(channel), "deployment": deployment_document(channel, deployments.get(channel.name))}
            for channel in status.channels
        ],
        "unserved": [
            {"channel": each.channel, "version": str(each.version), "reason": each.clause} for each in status.unserved
        ],
        "waiting": [{"version": str(waiting.version), "reason": waiting.reason} for waiting in status.waiting],
        "quarantined": [
            {
                "version": str(release.version),
                "since": release.quarantine.since,
                "actor": release.quarantine.actor,
                "cause": release.quarantine.cause,
            }
            for release in status.quarantined
            if release.quarantine
        ],
    }


def _shown(found: Status, document: Document, state: EnvironmentState) -> Iterator[RenderableType]:
    widgets = document["widgets"]
    yield from _first(found, widgets)
    yield table(
        f"channels in {document['environment']}",
        (
            "widget",
            "channel",
            "version",
            "since (UTC)",
            "by",
            "on the CDNs",
            "automatic rollback until (UTC)",
            "locked",
        ),
        [_channel_row(w["widget"], c) for w in widgets for c in w["channels"]],
        empty="no channel points anywhere yet",
    )
    rollouts = [
        _rollout_row(w["widget"], c["name"], c["rollout"], state)
        for w in widgets
        for c in w["channels"]
        if c["rollout"]
    ]
    if rollouts:
        columns = ("widget", "channel", "candidate", "phase", "now", "step", "waits for")
        yield table("rollouts", columns, rollouts)
    waiting = [(w["widget"], v["version"], v["reason"]) for w in widgets for v in w["waiting"]]
    if waiting:
        yield table("waiting", ("widget", "version", "why"), waiting)
    quarantined = [(w["widget"], v["version"], hold(v)) for w in widgets for v in w["quarantined"]]
    if quarantined:
        yield table("quarantined", ("widget", "version", "why"), quarantined)
    refused = [(when(r.rejected_at), r.key, r.reason, r.remedy, r.archive) for r in found.rejections]
    if refused:
        yield table("refused uploads", ("when (UTC)", "upload", "why", "what to do", "kept at"), refused)
    undelivered = [
        (when(d.occurred_at), d.title, d.destination, d.attempts, d.reason or d.status.value) for d in found.undelivered
    ]
    if undelivered:
        yield table("undelivered notifications", ("when (UTC)", "what", "to", "attempts", "why"), undelivered)
    yield from (plain(line, "yellow") for line in edge_lines(found))
    for w in widgets:
        if w["mode"] == "watch":
            yield plain(
                f"{w['widget']}: mode watch: people are notified of unhealthy releases, and nothing else is done"
            )
    paths = document["invalidation_paths"]
    yield plain(f"invalidation paths in {paths['month']}: {paths['count']:,} of the {paths['free']:,} that are free")


def _first(found: Status, widgets: list[Document]) -> Iterator[RenderableType]:
    """What a person must know before anything else."""
    for record in found.freezes:
        yield plain(f"FROZEN {frozen_text(record)}; to end it: edgeship unfreeze {record.argument}", "bold yellow")
    for each in found.widgets:
        yield from (plain(line, "bold red") for line in _alerts(each))
        yield from (plain(unserved_line(unserved), "bold yellow") for unserved in each.unserved)
    for w in widgets:
        for c in w["channels"]:
            for line in mismatches_shown(c["deployment"]):
                yield plain(f"MISMATCH {c['name']} of {w['widget']}: {line}", "bold red")


def _alerts(status: WidgetStatus) -> Iterator[str]:
    """What only a person can fix."""
    quarantined = {release.version for release in status.quarantined}
    for channel in status.channels:
        where = named(status.widget, channel.name)
        if channel.rollout is not None and channel.rollout.active and (alert := channel.rollout.alert):
            yield (
                f"ALERT {channel.name} of {status.widget}: the candidate {channel.candidate} is {alert.health}, since "
                f"{when(alert.since)} UTC: {alert.cause}\nwhat to do: edgeship rollout abort {where}"
            )
        if channel.alert is None:
            continue
        can_roll_back = any(version not in quarantined for version in channel.trail)
        state = "unhealthy and stays live" if can_roll_back else "unhealthy, with no good version to roll back to"
        remedy = f"edgeship rollback {where}, or " if can_roll_back else ""
        yield (
            f"ALERT {channel.name} of {status.widget}: {channel.version} is {state}, since "
            f"{when(channel.alert.since)} UTC: {channel.alert.cause}\n"
            f"what to do: {remedy}publish a fixed version and edgeship promote {where} VERSION --now"
        )


def _channel_row(widget: str, channel: Document) -> tuple[object, ...]:
    return (
        widget,
        channel["name"],
        _version(channel),
        when(channel["since"]),
        channel["by"] or "-",
        deployment_words(channel["deployment"]),
        _watch(channel["watch"]),
        hold(channel["lock"]),
    )


def _version(channel: Document) -> str:
    version = channel["version"] or "-"
    return f"{version}, or the choice of flag {channel['flag']}" if channel["flag"] else version


def _watch(watch: Document | None) -> str:
    """The end of the rollback window; `no` when it is not open."""
    return when(watch["until"]) if watch and watch["automatic_rollback"] else "no"


def _rollout_row(widget: str, channel: str, rollout: Document, state: EnvironmentState) -> tuple[object, ...]:
    step = f"{rollout['step']} of {rollout['steps']}"
    waits_for = _waits_for(widget, channel, rollout, state)
    return (widget, channel, rollout["candidate"], rollout["phase"], f"{rollout['percent']:g} %", step, waits_for)


def _waits_for(widget: str, channel: str, rollout: Document, state: EnvironmentState) -> str:
    if held := rollout["held"]:
        by = f" by {held['by']}" if held["by"] else ""
        return f"held{by} since {when(held['since'])}: {held['cause']}"
    if rollout["bakes_until"]:
        return f"bakes until {when(rollout['bakes_until'])}"
    for event in state.events(widget, _EVENTS_SEARCHED):
        if event.type is EventType.ROLLOUT_PAUSED and event.new is not None and event.new["channel"] == channel:
            return f"paused since {when(event.occurred_at)}: {event.cause}"
    return f"paused: see edgeship history {widget}"
