"""The partition keys that a request names."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.iam.leading_keys import leading_keys

SCHEMA = {("t", None): "pk", ("t", "by_kind"): "kind", ("u", None): "id"}
A, B = {"pk": {"S": "A"}, "sk": {"S": "1"}}, {"pk": {"S": "B"}, "sk": {"S": "1"}}


@pytest.mark.parametrize(
    ("request_", "keys"),
    [
        ({"TableName": "t", "Key": A}, ["A"]),
        ({"TableName": "t", "Item": {**A, "kind": {"S": "x"}}}, ["A"]),
        ({"TableName": "u", "Key": {"id": {"N": "7"}}}, ["7"]),
        (
            {
                "TableName": "t",
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)",
                "ExpressionAttributeValues": {":pk": {"S": "A"}, ":sk": {"S": "B"}},
            },
            ["A"],
        ),
        (
            {
                "TableName": "t",
                "KeyConditionExpression": "sk = :b AND #p=:a",
                "ExpressionAttributeNames": {"#p": "pk"},
                "ExpressionAttributeValues": {":a": {"S": "A"}, ":b": {"S": "B"}},
            },
            ["A"],
        ),
        (
            {
                "TableName": "t",
                "IndexName": "by_kind",
                "KeyConditionExpression": "kind = :k",
                "ExpressionAttributeValues": {":k": {"S": "x"}},
            },
            ["x"],
        ),
        (
            {
                "TableName": "t",
                "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "A"}]}},
            },
            ["A"],
        ),
        ({"RequestItems": {"t": {"Keys": [A, B]}, "u": {"Keys": [{"id": {"S": "7"}}]}}}, ["A", "B", "7"]),
        ({"RequestItems": {"t": [{"PutRequest": {"Item": A}}, {"DeleteRequest": {"Key": B}}]}}, ["A", "B"]),
        ({"TableName": "t"}, []),
        ({"TableName": "unknown", "Key": A}, []),
        ({}, []),
    ],
)
def test_of_a_request(request_: dict[str, Any], keys: list[str]) -> None:
    assert leading_keys(request_, lambda table, index: SCHEMA.get((table, index))) == keys
