"""The table behind the `State` port.

Transactions: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb import items, keys
from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.adapters.dynamodb.batches import get_all
from edgeship.adapters.dynamodb.channels import to_channel
from edgeship.adapters.dynamodb.environments import to_environment
from edgeship.adapters.dynamodb.freezes import to_freeze, to_waiting
from edgeship.adapters.dynamodb.identities import to_identities, to_statement
from edgeship.adapters.dynamodb.previews import to_previews
from edgeship.application.transaction import Transaction
from edgeship.domain.calendar.freeze import FreezeRecord
from edgeship.domain.calendar.waiting import WaitingRecord
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.policy import PolicyRecord, Widget
from edgeship.domain.errors import Conflict
from edgeship.domain.events import Event
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
from edgeship.resource_names import OUTBOX_SORT_KEY, WATCHED_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from edgeship.application.health.ports import Subject
    from edgeship.application.transaction import Record

_LOST_RACE = frozenset({"ConditionalCheckFailed", "TransactionConflict"})


class DynamoDBState:
    """Reads are strongly consistent; every write is conditional."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def commit(self, transaction: Transaction) -> None:
        writes: list[Any] = [{"Put": self._conditional_put(record)} for record in transaction.puts]
        writes += [
            {"Put": {"TableName": self._table, "Item": serialize(items.refused_item(record, record.widget))}}
            for record in transaction.puts
            if isinstance(record, Rejection) and record.widget
        ]
        writes += [{"ConditionCheck": self._at_revision(record)} for record in transaction.checks]
        writes += [
            {"Put": {"TableName": self._table, "Item": serialize(items.event_item(event))}}
            for event in transaction.events
        ]
        if transaction.registers:
            writes.append({"Update": self._registration(transaction.registers)})
        if transaction.paths:
            writes.append({"Update": self._path_count(*transaction.paths)})
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as cancelled:
            codes = {reason.get("Code", "None") for reason in cancelled.response["CancellationReasons"]}
            if codes & _LOST_RACE:
                raise Conflict(str(cancelled)) from cancelled
            raise

    def claim(self, widget: str, version: Version, claim: Claim, instead_of: Claim | None = None) -> Claim:
        key = {"pk": keys.widget_pk(widget), "sk": keys.claim_sk(version)}
        condition, values = "attribute_not_exists(pk) OR digest = :digest", {":digest": {"S": claim.digest}}
        if instead_of is not None and instead_of.at is not None:
            condition += " OR (digest = :held AND claimed_at = :held_at)"
            values |= {":held": {"S": instead_of.digest}, ":held_at": {"S": instead_of.at.isoformat()}}
        try:
            self._client.put_item(
                TableName=self._table,
                Item=serialize({**key, **items.claim_item(claim)}),
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            holder: dict[str, Any] = failed.response["Item"]  # type: ignore[typeddict-item]  # ALL_OLD adds it
            return items.to_claim(deserialize(holder))
        return claim

    def widget(self, name: str) -> Widget | None:
        item = self._get(keys.WIDGETS, name)
        return items.to_widget(item) if item else None

    def widgets(self) -> list[Widget]:
        return [items.to_widget(item) for item in self._query(keys.WIDGETS, "")]

    def channel(self, widget: str, name: str) -> Channel:
        item = self._get(keys.widget_pk(widget), keys.channel_sk(name))
        return to_channel(item) if item else Channel(widget, name)

    def channels(self, widget: str) -> list[Channel]:
        return [to_channel(i) for i in self._query(keys.widget_pk(widget), keys.channel_sk(""))]

    def deployment(self, widget: str, channel: str) -> Deployment:
        item = self._get(keys.widget_pk(widget), keys.deployment_sk(channel))
        return items.to_deployment(item) if item else Deployment(widget, channel)

    def deployments(self, widget: str) -> list[Deployment]:
        found = self._query(keys.widget_pk(widget), keys.deployment_sk(""))
        return [items.to_deployment(item) for item in found]

    def failed_deployments(self) -> list[Deployment]:
        return [items.to_deployment(item) for item in self._indexed(keys.MISMATCH)]

    def invalidation_paths(self, month: str) -> int:
        item = self._get(keys.INVALIDATIONS, month)
        return int(item["paths"]) if item else 0

    def release(self, widget: str, version: Version) -> Release | None:
        item = self._get(keys.widget_pk(widget), keys.release_sk(version))
        return items.to_release(item) if item else None

    def releases(self, widget: str) -> list[Release]:
        found = [items.to_release(i) for i in self._query(keys.widget_pk(widget), "RELEASE#")]
        return sorted(found, key=lambda release: release.version, reverse=True)

    def releases_among(self, widget: str, versions: Iterable[Version]) -> list[Release]:
        pk = keys.widget_pk(widget)
        wanted = [{"pk": pk, "sk": keys.release_sk(version)} for version in sorted(set(versions), reverse=True)]
        found = [items.to_release(item) for item in get_all(self._client, self._table, wanted)]
        return sorted(found, key=lambda release: release.version, reverse=True)

    def rejection(self, upload_id: str) -> Rejection | None:
        item = self._get(keys.INBOX, keys.upload_sk(upload_id))
        return items.to_rejection(item) if item else None

    def rejections(self, limit: int, widget: str | None = None) -> list[Rejection]:
        if widget is not None:
            pages = self._query(keys.refused_pk(widget), "", newest_first=True, page=limit)
            return [items.to_rejection(item) for item in islice(pages, limit)]
        found: list[Rejection] = []
        for item in self._query(keys.INBOX, OUTBOX_SORT_KEY, newest_first=True, page=limit):
            event = items.to_event(item)
            if event.new is not None:
                found.append(items.to_rejection(event.new))
            if len(found) == limit:
                break
        return found

    def policy(self, widget: str) -> PolicyRecord:
        item = self._get(keys.widget_pk(widget), keys.POLICY)
        return items.to_policy(item) if item else PolicyRecord(widget)

    def policies(self, widgets: Iterable[str]) -> dict[str, PolicyRecord]:
        found = {widget: PolicyRecord(widget) for widget in widgets}
        for item in get_all(
            self._client, self._table, [{"pk": keys.widget_pk(name), "sk": keys.POLICY} for name in sorted(found)]
        ):
            record = items.to_policy(item)
            found[record.widget] = record
        return found

    def watched(self) -> list[Channel]:
        return [to_channel(item) for item in self._indexed(keys.WATCHED)]

    def resting(self, turn: int) -> list[Channel]:
        return [to_channel(item) for item in self._indexed(keys.live(turn))]

    def releases_of(self, subjects: Iterable[Subject]) -> list[Release]:
        wanted = [{"pk": keys.widget_pk(widget), "sk": keys.release_sk(version)} for widget, version in set(subjects)]
        return [items.to_release(item) for item in get_all(self._client, self._table, wanted)]

    def waiting(self) -> list[WaitingRecord]:
        return [to_waiting(item) for item in self._indexed(keys.WAITING)]

    def waiting_of(self, widget: str) -> WaitingRecord:
        item = self._get(keys.widget_pk(widget), keys.WAITING)
        return to_waiting(item) if item else WaitingRecord(widget)

    def freeze(self, widget: str | None) -> FreezeRecord:
        item = self._get(keys.FREEZES, keys.freeze_sk(widget))
        return to_freeze(item) if item else FreezeRecord(widget)

    def freezes(self) -> list[FreezeRecord]:
        return [to_freeze(item) for item in self._query(keys.FREEZES, keys.freeze_sk(None))]

    def environment(self) -> EnvironmentRecord:
        item = self._get(keys.ENVIRONMENT, keys.RUNNING)
        return to_environment(item) if item else EnvironmentRecord()

    def identities(self) -> IdentitiesRecord:
        item = self._get(keys.IDENTITIES, keys.IDENTITIES)
        return to_identities(item) if item else IdentitiesRecord()

    def newest_statement(self, widget: str) -> NewestStatement:
        item = self._get(keys.widget_pk(widget), keys.STATEMENT)
        return to_statement(item) if item else NewestStatement(widget)

    def previews(self, widget: str) -> PreviewsRecord:
        item = self._get(keys.widget_pk(widget), keys.PREVIEWS)
        return to_previews(item) if item else PreviewsRecord(widget)

    def watched_previews(self) -> list[PreviewsRecord]:
        return [to_previews(item) for item in self._indexed(keys.PREVIEWS)]

    def flags(self) -> list[FlagRecord]:
        return [items.to_flag(item) for item in self._query(keys.FLAGS, keys.flag_sk(""))]

    def notifications(self) -> NotificationsRecord:
        item = self._get(keys.NOTIFICATIONS, keys.RULES)
        return items.to_notifications(item) if item else NotificationsRecord()

    def events(self, widget: str | None, limit: int) -> list[Event]:
        return self._events(keys.FLAGS if widget is None else keys.widget_pk(widget), limit)

    def environment_events(self, limit: int) -> list[Event]:
        pks = (keys.FREEZES, keys.ENVIRONMENT, keys.IDENTITIES)
        found = [event for pk in pks for event in self._events(pk, limit)]
        return sorted(found, key=lambda event: (event.occurred_at, event.event_id), reverse=True)[:limit]

    def _events(self, pk: str, limit: int) -> list[Event]:
        found: list[Event] = []
        for item in self._query(pk, OUTBOX_SORT_KEY, newest_first=True, page=limit):
            if len(found) == limit:
                break
            found.append(items.to_event(item))
        return found

    def _indexed(self, key: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=WATCHED_INDEX,
            KeyConditionExpression="watched = :watched",
            ExpressionAttributeValues={":watched": {"S": key}},
        )
        for page in pages:
            yield from map(deserialize, page["Items"])

    def _conditional_put(self, record: Record) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._table, "Item": serialize(items.to_item(record))}
        return {**put, **_unless_changed(0 if isinstance(record, Rejection) else record.revision)}

    def _at_revision(self, record: Release | FreezeRecord | EnvironmentRecord | Channel) -> dict[str, Any]:
        match record:
            case EnvironmentRecord():
                key = {"pk": keys.ENVIRONMENT, "sk": keys.RUNNING}
            case FreezeRecord():
                key = {"pk": keys.FREEZES, "sk": keys.freeze_sk(record.widget)}
            case Channel():
                key = {"pk": keys.widget_pk(record.widget), "sk": keys.channel_sk(record.name)}
            case _:
                key = {"pk": keys.widget_pk(record.widget), "sk": keys.release_sk(record.version)}
        return {"TableName": self._table, "Key": serialize(key), **_unless_changed(record.revision)}

    def _registration(self, release: Release) -> dict[str, Any]:
        # if_not_exists makes the first registration stick without reading: registrations never conflict here.
        return {
            "TableName": self._table,
            "Key": serialize({"pk": keys.WIDGETS, "sk": release.widget}),
            "UpdateExpression": "SET first_version = if_not_exists(first_version, :version), newest_version = :version",
            "ExpressionAttributeValues": {":version": {"S": str(release.version)}},
        }

    def _path_count(self, month: str, paths: int) -> dict[str, Any]:
        return {
            "TableName": self._table,
            "Key": serialize({"pk": keys.INVALIDATIONS, "sk": month}),
            "UpdateExpression": "ADD paths :paths",
            "ExpressionAttributeValues": {":paths": {"N": str(paths)}},
        }

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._table, Key=serialize({"pk": pk, "sk": sk}), ConsistentRead=True)
        return deserialize(answer["Item"]) if "Item" in answer else None

    def _query(
        self, pk: str, sk_prefix: str, *, newest_first: bool = False, page: int | None = None
    ) -> Iterator[dict[str, Any]]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if sk_prefix:
            condition, values = f"{condition} AND begins_with(sk, :sk)", {**values, ":sk": {"S": sk_prefix}}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
            ScanIndexForward=not newest_first,
            PaginationConfig={"PageSize": page} if page else {},
        )
        for answer in pages:
            yield from map(deserialize, answer["Items"])


def _unless_changed(revision: int) -> dict[str, Any]:
    """The condition that a record is still at the revision it was read at; 0: there was none."""
    if revision == 0:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": {"N": str(revision)}},
    }
