"""How records lie in the table: one mapping to attributes and back for each kind.

| pk | sk | record |
|---|---|---|
| `WIDGETS` | `<widget>` | widget: its first version and policy |
| `WIDGET#<widget>` | `RELEASE#<version>` | release |
| `WIDGET#<widget>` | `CLAIM#<version>` | the digest a version is bound to |
| `WIDGET#<widget>` | `CHANNEL#<name>` | channel |
| `WIDGET#<widget>` | `EVENT#<occurred_at>#<event_id>` | outbox and history |
| `FLAGS` | `FLAG#<key>` | flag, and the shared evaluators |
| `FLAGS` | `EVENT#<occurred_at>#<event_id>` | outbox and history of the flags |
| `INBOX` | `UPLOAD#<upload_id>` | a refused upload |
| `INBOX` | `EVENT#<occurred_at>#<event_id>` | outbox and list of refused uploads |

A widget's records share a partition key, so the stream delivers them in the order they were written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from edgeship.domain.channel import Channel, Lock
from edgeship.domain.events import Event, EventType
from edgeship.domain.flag_record import FlagRecord
from edgeship.domain.policy import Policy, Widget
from edgeship.domain.rejection import Rejection
from edgeship.domain.release import Quarantine, Release
from edgeship.domain.version import Version
from edgeship.resource_names import OUTBOX_SORT_KEY, REJECTED_DAYS

Item = dict[str, Any]

WIDGETS = "WIDGETS"
INBOX = "INBOX"
FLAGS = "FLAGS"


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


def to_item(record: Channel | FlagRecord | Release | Rejection) -> Item:
    """The item that holds a record, at the record's own revision plus one."""
    match record:
        case Channel():
            item = _channel_item(record)
        case FlagRecord():
            item = _flag_item(record)
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
    policy = Policy(frozenset(item["auto"])) if "auto" in item else Policy()
    return Widget(item["sk"], Version.parse(item["first_version"]), policy)


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
    }


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
