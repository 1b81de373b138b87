"""How records are stored in the table: a mapping to attributes and back for each kind, under the keys of `keys.py`.

Channels, freezes, what runs around the widgets, previews, error books and deliveries of notices have their own
mappings: in `channels.py`, `freezes.py`, `environments.py`, `previews.py`, `health/error_books.py` and
`deliveries.py`. Names that earlier versions stored are read by `earlier_names.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb import earlier_names, keys
from edgeship.adapters.dynamodb.channels import channel_item
from edgeship.adapters.dynamodb.environments import environment_item
from edgeship.adapters.dynamodb.freezes import freeze_item, waiting_item
from edgeship.adapters.dynamodb.identities import identities_item, statement_item
from edgeship.adapters.dynamodb.previews import previews_item
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.waiting import WaitingRecord
from edgeship.domain.channels import policy_record
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import PolicyRecord, Widget
from edgeship.domain.events import Event, EventType
from edgeship.domain.flags.records.flag_record import FlagRecord
from edgeship.domain.flags.records.record_limits import stored_text
from edgeship.domain.notifications import rules_record as notifications_record
from edgeship.domain.notifications.rules import NotificationsRecord
from edgeship.domain.previews.preview import PreviewsRecord
from edgeship.domain.propagation.deployment import Deployment, Verification
from edgeship.domain.provenance.identity import IdentitiesRecord
from edgeship.domain.provenance.signed import NewestStatement, Signed
from edgeship.domain.releases.claim import Claim
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.releases.entry import Entry, Kind
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Cancelled, Pruned, Quarantine, Release
from edgeship.domain.requirements.environment import EnvironmentRecord
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version
from edgeship.resource_names import OUTBOX_SORT_KEY, REJECTED_DAYS

if TYPE_CHECKING:
    from edgeship.application.transaction import Record

Item = dict[str, Any]


def to_item(record: Record) -> Item:
    """The item that holds a record, at the record's own revision plus one."""
    if isinstance(record, Rejection):
        return _rejection_item(record, keys.INBOX, keys.upload_sk(record.upload_id))
    return {**_ITEMS[type(record)](record), "revision": record.revision + 1}


def refused_item(record: Rejection, widget: str) -> Item:
    """The copy of a refused upload under its widget, so that no widget's list grows with those of others."""
    return _rejection_item(record, keys.refused_pk(widget), keys.refused_sk(record.rejected_at, record.upload_id))


def event_item(event: Event) -> Item:
    """The outbox item of an event; refused uploads share the inbox's partition, whatever widget they name."""
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
        return keys.INBOX
    if event.widget is not None:
        return keys.widget_pk(event.widget)
    if event.type in (EventType.FREEZE_SET, EventType.FREEZE_LIFTED):
        return keys.FREEZES
    if event.type is EventType.ENVIRONMENT_CHANGED:
        return keys.ENVIRONMENT
    if event.type in (EventType.IDENTITY_ADDED, EventType.IDENTITY_REMOVED):
        return keys.IDENTITIES
    return keys.FLAGS if event.type is EventType.FLAG_CHANGED else keys.NOTIFICATIONS


def to_event(item: Mapping[str, Any]) -> Event:
    """Read an outbox item.

    Raises:
        ValueError, KeyError, TypeError: it is not one.
    """
    detail = json.loads(item["detail"])
    summaries = {name: earlier_names.event_summary(detail[name]) for name in ("old", "new")}
    return Event(type=EventType(item["detail_type"]), **{**detail, **summaries})


def to_widget(item: Mapping[str, Any]) -> Widget:
    newest = item.get("newest_version")
    return Widget(item["sk"], Version.parse(item["first_version"]), Version.parse(newest) if newest else None)


def to_policy(item: Mapping[str, Any]) -> PolicyRecord:
    document = earlier_names.policy(json.loads(item["document"]))
    return PolicyRecord(item["widget"], policy_record.from_document(document), int(item["revision"]))


def claim_item(claim: Claim) -> Item:
    return {"digest": claim.digest, **({"claimed_at": claim.at.isoformat()} if claim.at else {})}


def to_claim(item: Mapping[str, Any]) -> Claim:
    at = item.get("claimed_at")
    return Claim(item["digest"], datetime.fromisoformat(at) if at else None)


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
        # Releases that were registered before kinds were known don't have it.
        entry=_to_entry(item["entry"]) if item.get("entry") else None,
        cancelled=tuple(Cancelled(**mark) for mark in item.get("cancelled") or ()),
        requires=tuple(Requirement(**each) for each in item.get("requires") or ()),
        pruned=Pruned(**item["pruned"]) if item.get("pruned") else None,
        check=SurfaceCheck.from_dict(item["check"]) if item.get("check") else None,
        signed=Signed(**item["signed"]) if item.get("signed") else None,
        revision=int(item["revision"]),
    )


def _to_entry(stored: Mapping[str, Any]) -> Entry:
    return Entry(**{**stored, "kind": Kind(stored["kind"])})


def to_flag(item: Mapping[str, Any]) -> FlagRecord:
    """Read a flag's item; one that can't be read is a record with a fault, since all flags are read together."""
    key, revision = item["sk"].removeprefix(keys.flag_sk("")), int(item.get("revision", 0))
    text, changed_at = item.get("document"), item.get("changed_at")
    if text is None and "document" in item:
        return FlagRecord(key, None, revision, changed_at=changed_at)
    try:
        document = json.loads(str(text))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return FlagRecord(key, {}, revision, "what the table holds is no JSON object", changed_at)
    return FlagRecord(key, document, revision, None, changed_at)


def to_notifications(item: Mapping[str, Any]) -> NotificationsRecord:
    document = json.loads(item["document"])
    return NotificationsRecord(notifications_record.from_document(document), int(item["revision"]))


def to_rejection(fields: Mapping[str, Any]) -> Rejection:
    """Read a refused upload from its item, or from the `new` of its event."""
    return Rejection(**{name: fields[name] for name in Rejection.__dataclass_fields__})


def to_deployment(item: Mapping[str, Any]) -> Deployment:
    text = earlier_names.verification_text(item)
    verification = Verification.from_dict(earlier_names.verification(json.loads(text))) if text else None
    return Deployment(
        widget=item["widget"],
        channel=item["channel"],
        sequence=int(item["sequence"]),
        version=Version.parse(item["version"]),
        counted=item["counted"],
        settled=int(item["settled"]),
        verification=verification,
        attempt=int(item["attempt"]),
        revision=int(item["revision"]),
    )


def _deployment_item(deployment: Deployment) -> Item:
    verification = (
        json.dumps(deployment.verification.to_dict(), separators=(",", ":")) if deployment.verification else None
    )
    return {
        "pk": keys.widget_pk(deployment.widget),
        "sk": keys.deployment_sk(deployment.channel),
        "widget": deployment.widget,
        "channel": deployment.channel,
        "sequence": deployment.sequence,
        "version": str(deployment.version),
        "counted": deployment.counted,
        "settled": deployment.settled,
        "verification": verification,
        "attempt": deployment.attempt,
        **({"watched": keys.MISMATCH} if deployment.verification and not deployment.verification.verified else {}),
    }


def _policy_item(record: PolicyRecord) -> Item:
    document = json.dumps(policy_record.stored_document(record.policy), separators=(",", ":"))
    return {"pk": keys.widget_pk(record.widget), "sk": keys.POLICY, "widget": record.widget, "document": document}


def _flag_item(flag: FlagRecord) -> Item:
    # Stored as text: the table's numbers would round JSON's, and its maps would lose the order of the variants.
    text = stored_text(flag.document) if flag.document is not None else None
    item = {"pk": keys.FLAGS, "sk": keys.flag_sk(flag.key), "document": text}
    return item if flag.changed_at is None else {**item, "changed_at": flag.changed_at}


def _notifications_item(record: NotificationsRecord) -> Item:
    document = json.dumps(notifications_record.to_document(record.notifications), separators=(",", ":"))
    return {"pk": keys.NOTIFICATIONS, "sk": keys.RULES, "document": document}


def _rejection_item(record: Rejection, pk: str, sk: str) -> Item:
    return {"pk": pk, "sk": sk, "revision": 1, "expires_at": _expiry(record.rejected_at), **asdict(record)}


def _release_item(release: Release) -> Item:
    return {
        **asdict(release),
        "cancelled": [asdict(mark) for mark in release.cancelled],
        "requires": [asdict(each) for each in release.requires],
        "check": release.check.to_dict() if release.check is not None else None,
        "pk": keys.widget_pk(release.widget),
        "sk": keys.release_sk(release.version),
        "version": str(release.version),
    }


def _expiry(rejected_at: str) -> int:
    return int((datetime.fromisoformat(rejected_at) + timedelta(days=REJECTED_DAYS)).timestamp())


_ITEMS: Mapping[type, Callable[[Any], Item]] = {
    Channel: channel_item,
    Deployment: _deployment_item,
    FlagRecord: _flag_item,
    EnvironmentRecord: environment_item,
    FreezeRecord: freeze_item,
    IdentitiesRecord: identities_item,
    NewestStatement: statement_item,
    NotificationsRecord: _notifications_item,
    PolicyRecord: _policy_item,
    PreviewsRecord: previews_item,
    Release: _release_item,
    WaitingRecord: waiting_item,
}
"""By type of record, what makes its item but for the revision."""
