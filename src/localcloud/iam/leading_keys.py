"""The partition keys that a request to DynamoDB names: its condition key `dynamodb:LeadingKeys`. Pure.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Key = Callable[[str, str | None], str | None]
"""The name of the partition key of a table, or of one of its indexes; None if there is no such table or index."""

# Of a key condition, where AWS takes an equality alone for the partition key:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.KeyConditionExpressions.html
_EQUALITY = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")


def leading_keys(request: Mapping[str, Any], key_of: Key) -> list[str]:
    """Of a request that is no transaction, each as text; none for one that names none, such as Scan."""
    table = request.get("TableName")
    if isinstance(table, str):
        return list(_of_one(request, table, key_of))
    batches = request.get("RequestItems")
    if not isinstance(batches, Mapping):
        return []
    return [key for name, batch in batches.items() for key in _of_a_batch(batch, key_of(name, None))]


def _of_one(request: Mapping[str, Any], table: str, key_of: Key) -> Iterator[str]:
    for member in ("Key", "Item"):
        yield from _value(request.get(member), key_of(table, None))
    expression = request.get("KeyConditionExpression")
    if isinstance(expression, str):
        partition = key_of(table, request.get("IndexName"))
        names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
        for name, value in _EQUALITY.findall(expression):
            if names.get(name, name) == partition:
                yield from _value({"": values.get(value)}, "")
    elif partition := key_of(table, request.get("IndexName")):
        condition = (request.get("KeyConditions") or {}).get(partition) or {}
        for value in condition.get("AttributeValueList", []):
            yield from _value({"": value}, "")


def _of_a_batch(batch: Any, partition: str | None) -> Iterator[str]:
    if isinstance(batch, Mapping):
        for key in batch.get("Keys", []):
            yield from _value(key, partition)
    elif isinstance(batch, list):
        for write in batch:
            yield from _value(write.get("PutRequest", {}).get("Item"), partition)
            yield from _value(write.get("DeleteRequest", {}).get("Key"), partition)


def _value(attributes: Any, name: str | None) -> Iterator[str]:
    if isinstance(attributes, Mapping) and name is not None and isinstance(value := attributes.get(name), Mapping):
        yield from (str(text) for text in value.values())
