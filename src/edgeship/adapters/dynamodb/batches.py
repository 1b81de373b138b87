"""Many items of the table at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from edgeship.adapters.dynamodb.attributes import deserialize, serialize

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100
"""Keys of one BatchGetItem.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""


def get_all(client: DynamoDBClient, table: str, wanted: Sequence[dict[str, str]]) -> Iterator[dict[str, Any]]:
    """The items with these keys that there are, read strongly consistently, in one call a hundred."""
    for start in range(0, len(wanted), _BATCH):
        batch = [serialize(key) for key in wanted[start : start + _BATCH]]
        pending: dict[str, Any] = {table: {"Keys": batch, "ConsistentRead": True}}
        while pending:
            # What is over 16 MB or throttled comes back unprocessed.
            answer = client.batch_get_item(RequestItems=pending)
            yield from map(deserialize, answer["Responses"].get(table, ()))
            pending = dict(answer.get("UnprocessedKeys", {}))
