"""Runs inside the emulator, where it enforces policies (AUTH=true): completes what it knows of a request.

MiniStack 1.5.33 evaluates policies as AWS does, but finds for some requests no action, not the resource, or not each
condition key. What it can't name it allows, or takes for `*`, which a policy on one resource never matches.

| request | the emulator's | completed, as AWS has it |
|---|---|---|
| CloudWatch in CBOR, which botocore speaks | no action: allowed | the action; the alarms that it names |
| CloudFront's key value stores, and their data API | resource `*` | the store's ARN |
| log groups | an ARN without its end | the ARN ends in `:*` |
| S3, a key that ends in `/` | the ARN without it | the key as it is |
| S3, a write with tags | `s3:PutObject` alone | `s3:PutObjectTagging` too |
| S3, a read of what is not there | 404 | 403 without `s3:ListBucket` |
| `aws:SecureTransport` | false on loopback | true: nothing leaves the machine |
| DynamoDB | no `dynamodb:LeadingKeys` | the partition keys, of a transaction those of each item |

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import unquote

from localcloud.iam.leading_keys import leading_keys

_CBOR_OPERATION = re.compile(r"/service/[^/]+/operation/(\w+)/?")
_STORE_DATA = re.compile(r"/key-value-stores/(arn:[^/]+/[\w-]+)(/.*)?")
_STORE = re.compile(r"/[\d-]+/key-value-store/([^/]+)/?")
_LOG_TAGGING = ("TagResource", "UntagResource", "ListTagsForResource")


class _ItemArn(str):
    """The ARN of a transaction's item, with the item's partition keys."""

    __slots__ = ("keys",)
    keys: list[str]


def complete() -> None:
    """Change the emulator in whose process this runs."""
    from ministack.core import iam_actions, iam_evaluator  # type: ignore[import-untyped]
    from ministack.services import s3  # type: ignore[import-untyped]

    _complete_actions(iam_actions)
    _complete_resources(iam_actions)
    _complete_leading_keys(iam_actions, iam_evaluator)
    _complete_s3(iam_actions, iam_evaluator, s3)
    _loopback_is_private(iam_evaluator)


def _complete_actions(iam_actions: Any) -> None:
    extract_iam_action = iam_actions.extract_iam_action

    def action(service: str, method: str, path: str, *rest: Any) -> Any:
        if service == "monitoring" and (operation := _CBOR_OPERATION.fullmatch(path)):
            return f"cloudwatch:{operation[1]}"
        return extract_iam_action(service, method, path, *rest)

    iam_actions.extract_iam_action = action


def _complete_resources(iam_actions: Any) -> None:
    extract_resource_arn = iam_actions.extract_resource_arn

    def resource(
        service: str,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes,
        query_params: dict[str, Any],
        region: str,
        account_id: str,
    ) -> str:
        if service == "monitoring":
            action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
            said = query_params | _decoded(body, headers)
            return _alarm(action.rpartition(":")[2], said, f"arn:aws:cloudwatch:{region}:{account_id}:alarm")
        if service == "cloudfront-keyvaluestore" and (store := _STORE_DATA.fullmatch(unquote(path))):
            return store[1]
        if service == "cloudfront" and (store := _STORE.fullmatch(path)):
            return f"arn:aws:cloudfront::{account_id}:key-value-store/{unquote(store[1])}"
        bucket, _, key = path.lstrip("/").partition("/")
        if service == "s3" and key:
            return f"arn:aws:s3:::{bucket}/{key}"
        found: str = extract_resource_arn(service, method, path, headers, body, query_params, region, account_id)
        target = headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "logs" and ":log-group:" in found and target not in _LOG_TAGGING:
            return f"{found.removesuffix(':*')}:*"
        return found

    iam_actions.extract_resource_arn = resource


def _alarm(operation: str, said: dict[str, Any], prefix: str) -> str:
    """The alarm that an operation names, the first of several; else what it is authorised on."""
    names = [said.get("AlarmName"), said.get("AlarmNames"), said.get("AlarmNames.member.1")]
    for name in names:
        first = name[0] if isinstance(name, list) and name else name
        if isinstance(first, str) and operation != "DescribeAlarms":
            return f"{prefix}:{first}"
    # Whatever is described: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
    return f"{prefix}:*" if operation == "DescribeAlarms" else "*"


def _decoded(body: bytes, headers: dict[str, str]) -> dict[str, Any]:
    if "cbor" not in headers.get("content-type", ""):
        return _json(body)
    import cbor2

    try:
        said = cbor2.loads(body)
    except cbor2.CBORDecodeError:
        return {}
    return said if isinstance(said, dict) else {}


def _complete_leading_keys(iam_actions: Any, iam_evaluator: Any) -> None:
    dynamodb_service_context = iam_actions.dynamodb_service_context
    dynamodb_transaction_checks = iam_actions.dynamodb_transaction_checks
    enforce = iam_evaluator.enforce

    def context(body: bytes) -> dict[str, Any]:
        keys = leading_keys(_json(body), _partition_key)
        found: dict[str, Any] = dynamodb_service_context(body)
        return found | ({"dynamodb:LeadingKeys": keys} if keys else {})

    def checks(iam_action: str, body: bytes, region: str, account_id: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = dynamodb_transaction_checks(iam_action, body, region, account_id)
        items = [
            detail
            for item in _json(body).get("TransactItems", [])
            for member in ("ConditionCheck", "Put", "Update", "Delete", "Get")  # the emulator's order
            if isinstance(item, dict) and isinstance(detail := item.get(member), dict) and detail.get("TableName")
        ]
        if not found:
            return []
        return [(action, _item_arn(arn, detail)) for (action, arn), detail in zip(found, items, strict=True)]

    def enforced(access_key: str, action: str, service: str, region: str, **rest: Any) -> Any:
        arn = rest.get("resource_arn")
        if isinstance(arn, _ItemArn):
            rest["service_context"] = {**(rest.get("service_context") or {}), "dynamodb:LeadingKeys": arn.keys}
        return enforce(access_key, action, service, region, **rest)

    iam_actions.dynamodb_service_context = context
    iam_actions.dynamodb_transaction_checks = checks
    iam_evaluator.enforce = enforced


def _item_arn(arn: str, detail: dict[str, Any]) -> _ItemArn:
    named = _ItemArn(arn)
    named.keys = leading_keys(detail, _partition_key)
    return named


def _partition_key(table: str, index: str | None) -> str | None:
    from ministack.services import dynamodb

    described = dynamodb._tables.get(table.rpartition("/")[2])  # noqa: SLF001
    if described is not None and index is not None:
        indexes = (described.get("GlobalSecondaryIndexes") or []) + (described.get("LocalSecondaryIndexes") or [])
        described = next((each for each in indexes if each["IndexName"] == index), None)
    schema = described["KeySchema"] if described is not None else []
    return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), None)


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _complete_s3(iam_actions: Any, iam_evaluator: Any, s3: Any) -> None:
    s3_additional_checks = iam_actions.s3_additional_checks
    handle_request = s3.handle_request

    def checks(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        found = list(s3_additional_checks(method, path, headers, body, query))
        bucket, _, key = path.lstrip("/").partition("/")
        if key and method in ("PUT", "POST") and "x-amz-tagging" in headers:
            found.append(("s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/{key}"))
        return found

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        answer = await handle_request(method, path, headers, body, query)
        bucket, _, key = path.lstrip("/").partition("/")
        if answer[0] != 404 or not key or method not in ("GET", "HEAD"):
            return answer
        # Who may not list the bucket must not learn what is in it:
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        from ministack.core.router import (  # type: ignore[import-untyped]
            extract_access_key_id,
            extract_region,
        )

        caller = extract_access_key_id(headers, query)
        if not caller:
            return answer
        denied = iam_evaluator.enforce(
            caller, "s3:ListBucket", "s3", extract_region(headers), resource_arn=f"arn:aws:s3:::{bucket}"
        )
        if not isinstance(denied, iam_evaluator.EvalResult):
            return answer
        return iam_actions.access_denied_response(
            "s3", "s3:ListBucket", denied.principal_arn, "", headers=headers, resource_arn=f"arn:aws:s3:::{bucket}"
        )

    iam_actions.s3_additional_checks = checks
    s3.handle_request = handle


def _loopback_is_private(iam_evaluator: Any) -> None:
    resolve = iam_evaluator._resolve_condition_key  # noqa: SLF001

    def value(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    iam_evaluator._resolve_condition_key = value  # noqa: SLF001
