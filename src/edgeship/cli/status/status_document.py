"""The status under `--json`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from edgeship.application.status.read_numbers import ChannelNumbers
from edgeship.application.status.read_overview import Overview, WidgetOverview
from edgeship.application.status.read_status import Status, WidgetStatus
from edgeship.cli.channels.channel_document import channel_document
from edgeship.cli.propagation.deployment_document import deployment_document
from edgeship.cli.status.edge_document import edge_document
from edgeship.cli.status.numbers import numbers_document
from edgeship.cli.status.standing_text import standing_document
from edgeship.domain.calendar.freeze import freeze_summary
from edgeship.domain.propagation.deployment import FREE_PATHS_A_MONTH

Document = dict[str, Any]


def overview_document(found: Overview, environment: str) -> Document:
    return {
        "environment": environment,
        "widgets": [_overview(widget) for widget in found.widgets],
        **_around(found),
        "edge": edge_document(found.edge, found.flagged),
    }


def status_document(found: Status, numbers: Iterable[ChannelNumbers], environment: str) -> Document:
    """Of one widget."""
    by_channel = {each.channel.name: each for each in numbers}
    return {
        "environment": environment,
        "widgets": [_widget(widget, by_channel) for widget in found.widgets],
        **_around(found),
        "edge": edge_document(found.edge, {widget.widget: widget.routes for widget in found.widgets}),
    }


def _around(found: Overview | Status) -> Document:
    return {
        "rejections": [rejection.to_dict() for rejection in found.rejections],
        "undelivered": [asdict(delivery) for delivery in found.undelivered],
        "freezes": [freeze_summary(record) for record in found.freezes],
        "flags_left_out": [{"flag": key, "reason": reason} for key, reason in found.flags_left_out.items()],
        "invalidation_paths": {
            "month": found.month,
            "count": found.invalidation_paths,
            "free": FREE_PATHS_A_MONTH,
        },
    }


def _overview(overview: WidgetOverview) -> Document:
    """What only the status of one widget reads is null."""
    return {
        "widget": overview.widget,
        "releases": None,
        "mode": None,
        "standings": [standing_document(standing) for standing in overview.standings],
        "channels": [
            {**channel_document(channel), "deployment": None, "numbers": None} for channel in overview.channels
        ],
        "unserved": None,
        "waiting": None,
        "quarantined": None,
    }


def _widget(status: WidgetStatus, numbers: Mapping[str, ChannelNumbers]) -> Document:
    deployments = {deployment.channel: deployment for deployment in status.deployments}
    return {
        "widget": status.widget,
        "releases": status.releases,
        "mode": status.mode,
        "standings": [standing_document(standing) for standing in status.standings],
        "channels": [
            {
                **channel_document(channel),
                "deployment": deployment_document(channel, deployments.get(channel.name)),
                "numbers": numbers_document(numbers.get(channel.name)),
            }
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
