"""How records lie in the table: one mapping to attributes and back for each kind.

| pk | sk | record |
|---|---|---|
| `WIDGETS` | `<widget>` | widget: its first version |
| `WIDGET#<widget>` | `RELEASE#<version>` | release |
| `WIDGET#<widget>` | `CLAIM#<version>` | the digest a version is bound to |
| `WIDGET#<widget>` | `CHANNEL#<name>` | channel, its rollout included |
| `WIDGET#<widget>` | `POLICY` | policy |
| `WIDGET#<widget>` | `EVENT#<occurred_at>#<event_id>` | outbox and history |
| `FLAGS` | `FLAG#<key>` | flag, and the shared evaluators |
| `FLAGS` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the flags |
| `INBOX` | `UPLOAD#<upload_id>` | a refused upload |
| `INBOX` | `EVENT#<occurred_at>#<event_id>` | outbox and list of refused uploads |

Error books (`ERRORS#<widget>`) have a mapping of their own, in `dynamodb_errors.py`.

A widget's records share a partition key, so the stream delivers them in the order they were written.

The attribute `watched` is on channels with a rollout or a watch alone, so the index by it (`WATCHED_INDEX`) holds these
and no others, however many widgets there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from edgeship.domain.channel import Alert, Channel, Lock, Watch
from edgeship.domain.events import Event, EventType, timestamp
from edgeship.domain.flag_record import FlagRecord
from edgeship.domain.policy import PolicyRecord, Widget
from edgeship.domain.policy_record import from_document, to_document
from edgeship.domain.rejection import Rejection
from edgeship.domain.release import Quarantine, Release
from edgeship.domain.rollout import Held, Phase, Rollout, Step
from edgeship.domain.version import Version
from edgeship.resource_names import OUTBOX_SORT_KEY, REJECTED_DAYS

Item = dict[str, Any]

WIDGETS = "WIDGETS"
INBOX = "INBOX"
FLAGS = "FLAGS"
POLICY = "POLICY"
WATCHED = "WATCHED"
"""The one key of the index of watched channels."""


def widget_pk(widget: str) -> str:
    return f"WIDGET#{widget}"


def release_sk(version: Version) -> str:
    return f"RELEASE#{version}"


def claim_sk(version: Version) -> str:
    return f"CLAIM#{version}"


def flag_sk(key: str) -> str:
    return f"FLAG#{key}"


def channel_sk(name: str) -> str:
    return f"CHANNEL#{name}"


def upload_sk(upload_id: str) -> str:
    return f"UPLOAD#{upload_id}"


def to_item(record: Channel | FlagRecord | PolicyRecord | Release | Rejection) -> Item:
    """The item that holds a record, at the record's own revision plus one."""
    match record:
        case Channel():
            item = _channel_item(record)
        case FlagRecord():
            item = _flag_item(record)
        case PolicyRecord():
            item = _policy_item(record)
        case Release():
            item = _release_item(record)
        case Rejection():
            return {
                "pk": INBOX,
                "sk": upload_sk(record.upload_id),
                "revision": 1,
                "expires_at": _expiry(record.rejected_at),
                **asdict(record),
            }
    return {**item, "revision": record.revision + 1}


def event_item(event: Event) -> Item:
    """The outbox item of an event; refused uploads share the inbox's partition, whatever widget they named."""
    rejected = event.type is EventType.RELEASE_REJECTED
    item = {
        "pk": _event_pk(event),
        "sk": f"{OUTBOX_SORT_KEY}{event.occurred_at}#{event.event_id}",
        "detail_type": event.type.value,
        "detail": json.dumps(event.detail(), separators=(",", ":"), sort_keys=True),
    }
    return {**item, "expires_at": _expiry(event.occurred_at)} if rejected else item


def _event_pk(event: Event) -> str:
    if event.type is EventType.RELEASE_REJECTED:
        return INBOX
    return FLAGS if event.widget is None else widget_pk(event.widget)


def to_event(item: Mapping[str, Any]) -> Event:
    """Read an outbox item.

    Raises:
        ValueError, KeyError, TypeError: it is not one.
    """
    return Event(type=EventType(item["detail_type"]), **json.loads(item["detail"]))


def to_widget(item: Mapping[str, Any]) -> Widget:
    return Widget(item["sk"], Version.parse(item["first_version"]))


def to_policy(item: Mapping[str, Any]) -> PolicyRecord:
    return PolicyRecord(item["widget"], from_document(json.loads(item["document"])), int(item["revision"]))


def to_channel(item: Mapping[str, Any]) -> Channel:
    return Channel(
        widget=item["widget"],
        name=item["name"],
        version=Version.parse(item["version"]) if item.get("version") else None,
        sequence=int(item["sequence"]),
        moved_at=item.get("moved_at"),
        moved_by=item.get("moved_by"),
        trail=tuple(Version.parse(text) for text in item["trail"]),
        lock=Lock(**item["lock"]) if item.get("lock") else None,
        flag=item.get("flag"),
        rollout=_to_rollout(item["rollout"]) if item.get("rollout") else None,
        exposed_at=_to_time(item.get("exposed_at")),
        watch=_to_watch(item["watch"]) if item.get("watch") else None,
        alert=Alert(**item["alert"]) if item.get("alert") else None,
        revision=int(item["revision"]),
    )


def to_release(item: Mapping[str, Any]) -> Release:
    return Release(
        widget=item["widget"],
        version=Version.parse(item["version"]),
        digest=item["digest"],
        entrypoint=item["entrypoint"],
        files=int(item["files"]),
        total_bytes=int(item["total_bytes"]),
        created_at=item["created_at"],
        git_commit=item.get("git_commit"),
        registered_at=item["registered_at"],
        registered_by=item["registered_by"],
        promoted_at=item.get("promoted_at"),
        quarantine=Quarantine(**item["quarantine"]) if item.get("quarantine") else None,
        revision=int(item["revision"]),
    )


def to_flag(item: Mapping[str, Any]) -> FlagRecord:
    document = json.loads(item["document"]) if item["document"] is not None else None
    return FlagRecord(item["sk"].removeprefix(flag_sk("")), document, int(item["revision"]))


def to_rejection(fields: Mapping[str, Any]) -> Rejection:
    """Read a refused upload from its item, or from the `new` of its event."""
    return Rejection(**{name: fields[name] for name in Rejection.__dataclass_fields__})


def _channel_item(channel: Channel) -> Item:
    return {
        "pk": widget_pk(channel.widget),
        "sk": channel_sk(channel.name),
        "widget": channel.widget,
        "name": channel.name,
        "version": str(channel.version) if channel.version else None,
        "sequence": channel.sequence,
        "moved_at": channel.moved_at,
        "moved_by": channel.moved_by,
        "trail": [str(version) for version in channel.trail],
        "lock": asdict(channel.lock) if channel.lock else None,
        "flag": channel.flag,
        "rollout": _rollout_map(channel.rollout) if channel.rollout else None,
        "exposed_at": _time(channel.exposed_at),
        "watch": {**asdict(channel.watch), "until": _time(channel.watch.until)} if channel.watch else None,
        "alert": asdict(channel.alert) if channel.alert else None,
        **({"watched": WATCHED} if channel.is_watched else {}),
    }


def _rollout_map(rollout: Rollout) -> dict[str, Any]:
    return {
        "candidate": str(rollout.candidate),
        # As text: percentages are binary fractions, which the table's decimals would not take.
        "steps": json.dumps([[step.percent, step.bake_seconds] for step in rollout.steps]),
        "step": rollout.step,
        "phase": rollout.phase.value,
        "started_at": _time(rollout.started_at),
        "stepped_at": _time(rollout.stepped_at),
        "exposed_at": _time(rollout.exposed_at),
        "held": {"since": _time(rollout.held.since), "cause": rollout.held.cause} if rollout.held else None,
    }


def _to_rollout(item: Mapping[str, Any]) -> Rollout:
    held = item.get("held")
    return Rollout(
        candidate=Version.parse(item["candidate"]),
        steps=tuple(Step(percent, bake) for percent, bake in json.loads(item["steps"])),
        started_at=datetime.fromisoformat(item["started_at"]),
        stepped_at=datetime.fromisoformat(item["stepped_at"]),
        exposed_at=datetime.fromisoformat(item["exposed_at"]),
        step=int(item["step"]),
        phase=Phase(item["phase"]),
        held=Held(datetime.fromisoformat(held["since"]), held["cause"]) if held else None,
    )


def _to_watch(item: Mapping[str, Any]) -> Watch:
    return Watch(datetime.fromisoformat(item["until"]), item["goes_back"])


def _time(at: datetime | None) -> str | None:
    return timestamp(at) if at is not None else None


def _to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _policy_item(record: PolicyRecord) -> Item:
    document = json.dumps(to_document(record.policy), separators=(",", ":"))
    return {"pk": widget_pk(record.widget), "sk": POLICY, "widget": record.widget, "document": document}


def _flag_item(flag: FlagRecord) -> Item:
    # Kept as text: the table's numbers would round JSON's, and its maps would lose the order of the variants.
    text = json.dumps(flag.document, separators=(",", ":")) if flag.document is not None else None
    return {"pk": FLAGS, "sk": flag_sk(flag.key), "document": text}


def _release_item(release: Release) -> Item:
    return {
        **asdict(release),
        "pk": widget_pk(release.widget),
        "sk": release_sk(release.version),
        "version": str(release.version),
    }


def _expiry(rejected_at: str) -> int:
    return int((datetime.fromisoformat(rejected_at) + timedelta(days=REJECTED_DAYS)).timestamp())
