"""The table's deliveries of notices behind the `Deliveries` port.

| pk | sk | record |
|---|---|---|
| `NOTICE#<event_id>` | `<destination>` | delivery |

A delivery that is not done has the attribute `watched`, and so is in the index by it (`WATCHED_INDEX`), under its own
key. A delivery is kept for 14 days, as long as the messages in the failure queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.application.notifications.ports import AlreadyDelivered, Busy, Claim, Delivery, DeliveryStatus
from edgeship.domain.events import Event, timestamp
from edgeship.resource_names import NOTICE_PREFIX, WATCHED_INDEX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_FOR = timedelta(days=14)
WATCHED = "UNDELIVERED"
"""The key of undelivered notices in the index."""


class DynamoDBDeliveries:
    """Every write is conditional. A claim is identified by its number of attempts, so a process that has lost its claim
    cannot change the next one."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._client = client
        self._table = table

    def claim(
        self, event: Event, destination: str, title: str, now: datetime, lease: timedelta
    ) -> Claim | AlreadyDelivered | Busy:
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(event.event_id, destination),
                UpdateExpression=(
                    "SET title = :title, widget = :widget, occurred_at = :occurred_at, #status = :sending, "
                    "claimed_until = :until, updated_at = :now, expires_at = :expires_at, watched = :watched, "
                    "reason = if_not_exists(reason, :none) ADD attempts :one"
                ),
                ConditionExpression="attribute_not_exists(pk) OR #status = :undelivered "
                "OR (#status = :sending AND claimed_until <= :now)",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=serialize(
                    {
                        ":title": title,
                        ":widget": event.widget,
                        ":occurred_at": event.occurred_at,
                        ":sending": DeliveryStatus.SENDING.value,
                        ":undelivered": DeliveryStatus.UNDELIVERED.value,
                        ":until": timestamp(now + lease),
                        ":now": timestamp(now),
                        ":expires_at": _expiry(now),
                        ":watched": WATCHED,
                        ":none": "",
                        ":one": 1,
                    }
                ),
                ReturnValues="UPDATED_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            held = deserialize(failed.response["Item"])  # type: ignore[typeddict-item]  # ALL_OLD adds it
            if held["status"] == DeliveryStatus.DELIVERED:
                return AlreadyDelivered()
            return Busy((datetime.fromisoformat(held["claimed_until"]) - now).total_seconds())
        return Claim(int(deserialize(answer["Attributes"])["attempts"]))

    def delivered(self, event_id: str, destination: str, now: datetime) -> None:
        self._settle(
            _key(event_id, destination),
            "SET #status = :status, updated_at = :now, expires_at = :expires_at, reason = :reason REMOVE watched",
            "attribute_exists(pk) AND #status <> :status",
            {
                ":status": DeliveryStatus.DELIVERED.value,
                ":now": timestamp(now),
                ":expires_at": _expiry(now),
                ":reason": "",
            },
        )

    def undelivered(self, event_id: str, destination: str, claim: Claim, reason: str, now: datetime) -> None:
        self._settle(
            _key(event_id, destination),
            "SET #status = :status, updated_at = :now, expires_at = :expires_at, reason = :reason",
            "#status = :sending AND attempts = :attempt",
            {
                ":status": DeliveryStatus.UNDELIVERED.value,
                ":sending": DeliveryStatus.SENDING.value,
                ":attempt": claim.attempt,
                ":now": timestamp(now),
                ":expires_at": _expiry(now),
                ":reason": reason,
            },
        )

    def list_undelivered(self, limit: int, widget: str | None = None) -> list[Delivery]:
        # One page has about 2,000; the newest are chosen from these, and more are not read.
        answer = self._client.query(
            TableName=self._table,
            IndexName=WATCHED_INDEX,
            KeyConditionExpression="watched = :watched",
            ExpressionAttributeValues={":watched": {"S": WATCHED}},
        )
        found = [_to_delivery(deserialize(item)) for item in answer["Items"]]
        found.sort(key=lambda delivery: (delivery.occurred_at, delivery.event_id), reverse=True)
        return [delivery for delivery in found if widget in (None, delivery.widget)][:limit]

    def of(self, event_id: str) -> list[Delivery]:
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": _pk(event_id)}},
            ConsistentRead=True,
        )
        return [_to_delivery(deserialize(item)) for item in answer["Items"]]

    def _settle(self, key: dict[str, Any], update: str, condition: str, values: dict[str, Any]) -> None:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues=serialize(values),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            # It is settled already, or another process has the claim now.
            return


def _pk(event_id: str) -> str:
    return f"{NOTICE_PREFIX}{event_id}"


def _key(event_id: str, destination: str) -> dict[str, Any]:
    return serialize({"pk": _pk(event_id), "sk": destination})


def _expiry(now: datetime) -> int:
    return int((now + KEPT_FOR).timestamp())


def _to_delivery(item: Mapping[str, Any]) -> Delivery:
    return Delivery(
        event_id=item["pk"].removeprefix(NOTICE_PREFIX),
        destination=item["sk"],
        title=item["title"],
        widget=item["widget"],
        occurred_at=item["occurred_at"],
        status=DeliveryStatus(item["status"]),
        attempts=int(item["attempts"]),
        reason=item["reason"],
        updated_at=item["updated_at"],
    )
