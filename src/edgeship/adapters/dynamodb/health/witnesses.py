"""The witnesses of releases behind the `WitnessBooks` port, in the table of page views.

| pk | record |
|---|---|
| `WITNESSES#<widget>#<version>` | where the failing and slow views of a release come from |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.application.ports import Clock
from edgeship.domain.errors import Conflict
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.telemetry.witnesses import Witness, WitnessBook
from edgeship.domain.version import Version
from edgeship.resource_names import WITNESS_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoDBWitnessBooks:
    def __init__(self, client: DynamoDBClient, table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def read(self, widget: str, version: Version) -> WitnessBook:
        key = serialize({"pk": _pk(widget, version)})
        answer = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        if "Item" not in answer:
            return WitnessBook(widget, version)
        book = _to_book(widget, version, answer["Item"])
        expired = book.expires_at <= self._clock().timestamp()
        return WitnessBook(widget, version, revision=book.revision) if expired else book

    def write(self, book: WitnessBook) -> None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if book.revision:
            condition = {
                "ConditionExpression": "revision = :revision",
                "ExpressionAttributeValues": {":revision": {"N": str(book.revision)}},
            }
        try:
            self._client.put_item(TableName=self._table, Item=serialize(_to_item(book)), **condition)
        except self._client.exceptions.ConditionalCheckFailedException as failed:
            raise Conflict(f"the witnesses of {book.widget} {book.version} have changed") from failed


def _pk(widget: str, version: Version) -> str:
    return f"{WITNESS_PREFIX}{widget}#{version}"


def _to_item(book: WitnessBook) -> dict[str, Any]:
    return {
        "pk": _pk(book.widget, book.version),
        "witnesses": {
            metric.value: [{**asdict(each), "value": Decimal(str(each.value))} for each in found]
            for metric, found in book.witnesses.items()
        },
        "expires_at": book.expires_at,
        "revision": book.revision + 1,
    }


def _to_book(widget: str, version: Version, raw: Mapping[str, Any]) -> WitnessBook:
    item = deserialize(raw)
    return WitnessBook(
        widget,
        version,
        {
            Metric(metric): tuple(
                Witness(each["network"], float(each["value"]), int(each["seen"]), tuple(each["agents"]))
                for each in found
            )
            for metric, found in item["witnesses"].items()
        },
        int(item["revision"]),
    )
