"""The table of page views behind the `Views` port. It has a partition key alone.

| pk | record |
|---|---|
| `VIEW#<widget>#<version>#<token>` | a page view: which parts of it have been reported |
| `NETWORK#<hash>#<minute>` | how many views of a release a network has had in a minute |

The table is not that of the state: it has no stream and no backups, so a flood of beacons holds no event up, and what
expires is in no copy.

An item has the id of the write that made or changed it last, so that a write that the SDK repeats, because its answer
was lost, finds its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from edgeship.adapters.dynamodb.attributes import serialize
from edgeship.application.ports import Clock
from edgeship.application.telemetry.ports import Reception
from edgeship.domain.telemetry.views import COUNT_KEPT_FOR, VIEW_KEPT_FOR, VIEWS_A_MINUTE, View

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBViews:
    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def count(self, network: str, minute: int) -> bool:
        written = self._update(
            f"NETWORK#{network}#{minute}",
            "ADD counted :one SET expires_at = :expires_at, written_by = :writer",
            "attribute_not_exists(pk) OR counted < :most",
            {
                ":one": 1,
                ":most": VIEWS_A_MINUTE,
                ":expires_at": int((self._clock() + COUNT_KEPT_FOR).timestamp()),
            },
        )
        return written is Reception.NEW

    def begin(self, view: View, parts: frozenset[str]) -> Reception:
        # An expired item may lie there for days; its token is no longer valid.
        return self._update(
            _pk(view),
            "SET said = :parts, expires_at = :expires_at, written_by = :writer",
            "attribute_not_exists(pk)",
            {":parts": set(parts), ":expires_at": int((self._clock() + VIEW_KEPT_FOR).timestamp())},
        )

    def add(self, view: View, parts: frozenset[str]) -> Reception:
        each = {f":part{number}": part for number, part in enumerate(sorted(parts))}
        return self._update(
            _pk(view),
            "ADD said :parts SET written_by = :writer",
            " AND ".join(("expires_at > :now", *(f"NOT contains(said, {name})" for name in each))),
            {":parts": set(parts), ":now": int(self._clock().timestamp()), **each},
        )

    def _update(self, pk: str, update: str, condition: str, values: dict[str, Any]) -> Reception:
        writer = uuid4().hex
        try:
            self._client.update_item(
                TableName=self._table,
                Key=serialize({"pk": pk}),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=serialize({**values, ":writer": writer}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            found: Any = error.response.get("Item", {})
            if found.get("written_by") == {"S": writer}:
                return Reception.NEW
            return Reception.REPEATED if _is_there(found, self._clock().timestamp()) else Reception.NO_VIEW
        return Reception.NEW


def _pk(view: View) -> str:
    return f"VIEW#{view.widget}#{view.version}#{view.token}"


def _is_there(found: Any, now: float) -> bool:
    return bool(found) and float(found["expires_at"]["N"]) > now
