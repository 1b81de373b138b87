"""The table's error books behind the `ErrorBooks` port.

| pk | sk | record |
|---|---|---|
| `ERRORS#<widget>` | `<version>` | the error book of a release |

A widget's books have their own partition, so that a flood of errors can't slow down the widget's state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.application.ports import Clock
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.error_book import ErrorBook, KeptError
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBErrorBooks:
    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, widget: str, version: Version) -> ErrorBook:
        key = serialize({"pk": _pk(widget), "sk": str(version)})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return ErrorBook(widget, version)
        book = _to_book(widget, version, answer["Item"])
        # DynamoDB deletes up to days late; the next book overwrites an expired one.
        return ErrorBook(widget, version, revision=book.revision) if book.has_expired(self._clock()) else book

    def write(self, book: ErrorBook) -> None:
        if book.revision == 0:
            condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        else:
            condition = {
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": {"N": str(book.revision)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=serialize(_to_item(book)), **condition)
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            raise Conflict(f"the error book of {book.widget} {book.version} has changed") from failed


def _pk(widget: str) -> str:
    return f"ERRORS#{widget}"


def _to_item(book: ErrorBook) -> dict[str, Any]:
    return {
        "pk": _pk(book.widget),
        "sk": str(book.version),
        "errors": [asdict(error) for error in book.errors],
        "seen": list(book.seen),
        "expires_at": book.expires_at,
        "revision": book.revision + 1,
    }


def _to_book(widget: str, version: Version, raw: Mapping[str, Any]) -> ErrorBook:
    item = deserialize(raw)
    return ErrorBook(
        widget=widget,
        version=version,
        errors=tuple(
            KeptError(
                **{
                    **error,
                    "count": int(error["count"]),
                    "over": int(error["over"]),
                    # Books of older versions have neither.
                    "frames": tuple(error.get("frames", ())),
                    "hours": tuple(int(count) for count in error.get("hours", ())),
                }
            )
            for error in item["errors"]
        ),
        seen=tuple(item["seen"]),
        expires_at=int(item["expires_at"]),
        revision=int(item["revision"]),
    )
