"""What the functions do: alarms, queues, and the beacons that arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edgeship.domain.doctor.finding import Check, Finding, Level

ARRIVAL_HOURS: Final = 24
"""Beacons of the last hours are counted."""
YOUNG_HOURS: Final = 1
"""A channel that moved since may not have had a page view yet."""


@dataclass(frozen=True)
class OwnAlarm:
    """An alarm on edgeship itself, by its name after the stack's; `actions` is whether it reports to anybody."""

    name: str
    in_alarm: bool
    since: datetime
    description: str
    actions: bool = True


@dataclass(frozen=True)
class SeenAlarms:
    """`of_releases` are the names of those on releases that are on."""

    own: Sequence[OwnAlarm]
    of_releases: Sequence[str] = ()


@dataclass(frozen=True)
class SeenQueue:
    """A queue; `of_failures` where what could not be handled ends. `waiting` counts its messages."""

    name: str
    url: str
    waiting: int
    of_failures: bool


@dataclass(frozen=True)
class Arrived:
    """The page views that reported a widget's live version in `ARRIVAL_HOURS`; `unverified` had no valid token."""

    widget: str
    version: str
    sessions: int
    unverified: int


def check_alarms(alarms: SeenAlarms, environment: str) -> Iterator[Finding]:
    deploy = f"edgeship deploy --env {environment}"
    if not alarms.own:
        yield Finding(Check.ALARMS, Level.ERROR, "There is no alarm on edgeship itself.", f"Deploy again: {deploy}.")
    for alarm in alarms.own:
        if alarm.in_alarm:
            yield Finding(
                Check.ALARMS,
                Level.ERROR,
                f"{alarm.name} is in ALARM since {alarm.since:%Y-%m-%d %H:%M} UTC. {alarm.description}",
                f"Read the runbook {alarm.name}.",
            )
    silent = [alarm.name for alarm in alarms.own if not alarm.actions]
    if silent:
        yield Finding(
            Check.ALARMS,
            Level.WARNING,
            f"{len(silent)} of {len(alarms.own)} alarms notify nobody: {', '.join(silent[:3])}.",
            f"A first deploy ends with them. Let it end: {deploy}.",
        )
    if alarms.of_releases:
        yield Finding(
            Check.ALARMS,
            Level.WARNING,
            f"{len(alarms.of_releases)} alarms of releases are on: {', '.join(alarms.of_releases[:3])}.",
            "See what it means, and who has to act: edgeship status.",
        )


def check_queues(queues: Sequence[SeenQueue]) -> Iterator[Finding]:
    for queue in queues:
        if queue.of_failures and queue.waiting:
            count = "1 message waits" if queue.waiting == 1 else f"{queue.waiting:,} messages wait"
            yield Finding(
                Check.QUEUES,
                Level.ERROR,
                f"{count} in {queue.name}: a function could not handle what is in there.",
                "Read it, and the runbook of the queue's name: aws sqs receive-message --message-attribute-names All "
                f"--region us-east-1 --queue-url {queue.url}",
            )


def check_telemetry(arrived: Sequence[Arrived]) -> Iterator[Finding]:
    """`arrived` are the widgets that have been live for `YOUNG_HOURS`."""
    if not arrived:
        return
    first = arrived[0]
    if not any(each.sessions or each.unverified for each in arrived):
        yield Finding(
            Check.TELEMETRY,
            Level.WARNING,
            f"No page has reported in {ARRIVAL_HOURS} hours: {len(arrived)} live "
            f"{'widget has' if len(arrived) == 1 else 'widgets have'} no metrics, and nothing rolls them back.",
            f"Put the tags into the pages: edgeship embed {first.widget} {first.version}. Their Content Security "
            "Policy must allow the CDN.",
        )
    elif not any(each.sessions for each in arrived):
        count = sum(each.unverified for each in arrived)
        yield Finding(
            Check.TELEMETRY,
            Level.WARNING,
            f"All {count:,} page views that reported in {ARRIVAL_HOURS} hours had no valid token: they roll nothing "
            "back.",
            "Let pages load telemetry.js from the CDN that serves the widget. See docs/telemetry.md, Tokens.",
        )
