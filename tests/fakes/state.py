"""The table in memory, with the same conditions: the one fake of every feature's state port. Safe among threads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, Any

from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.waiting import WaitingRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.incidents.turns import turn_of
from edgeship.domain.channels.policy import PolicyRecord, Widget
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event, EventType
from edgeship.domain.flags.records.flag_record import FlagRecord
from edgeship.domain.notifications.rules import NotificationsRecord
from edgeship.domain.previews.preview import PreviewsRecord
from edgeship.domain.propagation.deployment import Deployment
from edgeship.domain.provenance.identity import IdentitiesRecord
from edgeship.domain.provenance.signed import NewestStatement
from edgeship.domain.releases.claim import Claim
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from edgeship.application.transaction import Record

Key = tuple[Any, ...]


class FakeState:
    def __init__(self) -> None:
        self.records: dict[Key, Any] = {}
        self.log: list[Event] = []
        self._claims: dict[Key, Claim] = {}
        self._paths: dict[str, int] = {}
        self._lock = Lock()

    def commit(self, transaction: Transaction) -> None:
        with self._lock:
            for record in (*transaction.puts, *transaction.checks):
                held = self.records.get(_key(record))
                if (_revision(held) if held else 0) != _revision_before(record):
                    raise Conflict(f"{_key(record)} has changed")
            for record in transaction.puts:
                written = record if isinstance(record, Rejection) else replace(record, revision=record.revision + 1)
                self.records[_key(record)] = written
            self.log += transaction.events
            if transaction.paths:
                month, paths = transaction.paths
                self._paths[month] = self._paths.get(month, 0) + paths
            new = transaction.registers
            if new:
                first = self.records.get(("widget", new.widget), Widget(new.widget, new.version)).first
                self.records[("widget", new.widget)] = Widget(new.widget, first, new.version)

    def claim(self, widget: str, version: Version, claim: Claim, instead_of: Claim | None = None) -> Claim:
        with self._lock:
            held = self._claims.setdefault((widget, version), claim)
            if held.digest == claim.digest or (held == instead_of and held.at):
                self._claims[widget, version] = claim
            return self._claims[widget, version]

    def widget(self, name: str) -> Widget | None:
        return self.records.get(("widget", name))

    def widgets(self) -> list[Widget]:
        return sorted(self._all(Widget), key=lambda widget: widget.name)

    def channel(self, widget: str, name: str) -> Channel:
        found: Channel | None = self.records.get(("channel", widget, name))
        return found or Channel(widget, name)

    def channels(self, widget: str) -> list[Channel]:
        return sorted((c for c in self._all(Channel) if c.widget == widget), key=lambda channel: channel.name)

    def deployment(self, widget: str, channel: str) -> Deployment:
        return self.records.get(("deployment", widget, channel)) or Deployment(widget, channel)

    def deployments(self, widget: str) -> list[Deployment]:
        found = (d for d in self._all(Deployment) if d.widget == widget)
        return sorted(found, key=lambda deployment: deployment.channel)

    def failed_deployments(self) -> list[Deployment]:
        return [d for d in self._all(Deployment) if d.verification is not None and not d.verification.verified]

    def invalidation_paths(self, month: str) -> int:
        return self._paths.get(month, 0)

    def release(self, widget: str, version: Version) -> Release | None:
        return self.records.get(("release", widget, version))

    def releases(self, widget: str) -> list[Release]:
        found = [r for r in self._all(Release) if r.widget == widget]
        return sorted(found, key=lambda release: release.version, reverse=True)

    def releases_among(self, widget: str, versions: Iterable[Version]) -> list[Release]:
        wanted = set(versions)
        return [release for release in self.releases(widget) if release.version in wanted]

    def rejection(self, upload_id: str) -> Rejection | None:
        return self.records.get(("rejection", upload_id))

    def rejections(self, limit: int, widget: str | None = None) -> list[Rejection]:
        newest = sorted(self._all(Rejection), key=lambda rejection: rejection.rejected_at, reverse=True)
        return [r for r in newest if widget in (None, r.widget)][:limit]

    def policy(self, widget: str) -> PolicyRecord:
        return self.records.get(("PolicyRecord", widget)) or PolicyRecord(widget)

    def policies(self, widgets: Iterable[str]) -> dict[str, PolicyRecord]:
        return {widget: self.policy(widget) for widget in widgets}

    def watched(self) -> list[Channel]:
        return [channel for channel in self._all(Channel) if channel.is_watched]

    def resting(self, turn: int) -> list[Channel]:
        return [
            channel
            for channel in self._all(Channel)
            if channel.version is not None and not channel.is_watched and turn_of(channel.widget, channel.name) == turn
        ]

    def releases_of(self, subjects: Iterable[tuple[str, Version]]) -> list[Release]:
        return [self.records[key] for s in set(subjects) if (key := ("release", *s)) in self.records]

    def identities(self) -> IdentitiesRecord:
        return self.records.get(("IdentitiesRecord",)) or IdentitiesRecord()

    def newest_statement(self, widget: str) -> NewestStatement:
        return self.records.get(("NewestStatement", widget)) or NewestStatement(widget)

    def previews(self, widget: str) -> PreviewsRecord:
        return self.records.get(("PreviewsRecord", widget)) or PreviewsRecord(widget)

    def watched_previews(self) -> list[PreviewsRecord]:
        return sorted((each for each in self._all(PreviewsRecord) if each.is_watched), key=lambda each: each.widget)

    def flags(self) -> list[FlagRecord]:
        return sorted(self._all(FlagRecord), key=lambda flag: flag.key)

    def notifications(self) -> NotificationsRecord:
        return self.records.get(("NotificationsRecord",)) or NotificationsRecord()

    def events(self, widget: str | None, limit: int) -> list[Event]:
        mine = [
            e
            for e in self.log
            if (e.type is EventType.FLAG_CHANGED if widget is None else e.widget == widget)
            and e.type is not EventType.RELEASE_REJECTED
        ]
        return _newest(mine, limit)

    def environment_events(self, limit: int) -> list[Event]:
        kinds = (
            EventType.FREEZE_SET,
            EventType.FREEZE_LIFTED,
            EventType.ENVIRONMENT_CHANGED,
            EventType.IDENTITY_ADDED,
            EventType.IDENTITY_REMOVED,
        )
        return _newest([e for e in self.log if e.type in kinds and e.widget is None], limit)

    def environment(self) -> EnvironmentRecord:
        return self.records.get(("EnvironmentRecord",)) or EnvironmentRecord()

    def freeze(self, widget: str | None) -> FreezeRecord:
        return self.records.get(("freeze", widget)) or FreezeRecord(widget)

    def freezes(self) -> list[FreezeRecord]:
        return sorted(self._all(FreezeRecord), key=lambda record: record.widget or "")

    def waiting(self) -> list[WaitingRecord]:
        return sorted((w for w in self._all(WaitingRecord) if w.version is not None), key=lambda w: w.widget)

    def waiting_of(self, widget: str) -> WaitingRecord:
        return self.records.get(("waiting", widget)) or WaitingRecord(widget)

    def _all(self, kind: type[Any]) -> list[Any]:
        with self._lock:
            return [record for record in self.records.values() if isinstance(record, kind)]


def _newest(events: list[Event], limit: int) -> list[Event]:
    return sorted(events, key=lambda e: (e.occurred_at, e.event_id), reverse=True)[:limit]


def _key(record: Record) -> Key:
    match record:
        case EnvironmentRecord() | IdentitiesRecord() | NotificationsRecord():
            return (type(record).__name__,)
        case NewestStatement() | PolicyRecord() | PreviewsRecord():
            return (type(record).__name__, record.widget)
        case Channel():
            return ("channel", record.widget, record.name)
        case Deployment():
            return ("deployment", record.widget, record.channel)
        case FlagRecord():
            return ("flag", record.key)
        case FreezeRecord():
            return ("freeze", record.widget)
        case WaitingRecord():
            return ("waiting", record.widget)
        case Release():
            return ("release", record.widget, record.version)
        case Rejection():
            return ("rejection", record.upload_id)


def _revision(record: Any) -> int:
    return 1 if isinstance(record, Rejection) else record.revision


def _revision_before(record: Any) -> int:
    return 0 if isinstance(record, Rejection) else record.revision
