"""What a call of AWS needs: its actions, the ARNs that each is needed on, and the partition keys that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from edgeship.resource_names import REGION, WATCHED_INDEX
from localcloud.iam.leading_keys import leading_keys
from tests.support.moto.aws import NAMES
from tests.support.moto.key_value_store import PREVIEW_STORE_ARN


class Need(NamedTuple):
    action: str
    arn: str
    keys: tuple[str, ...] = ()
    """`dynamodb:LeadingKeys`."""


def needs_of(service: str, operation: str, params: dict[str, Any]) -> Iterator[Need]:
    """In the production environment's names; what needs no permission needs nothing.

    Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
    """
    match service:
        case "sts":
            return
        case "dynamodb":
            for action, table, keys in _of_dynamodb(operation, params):
                yield Need(action, _in_production(table), tuple(keys))
        case "service-quotas":
            yield Need(f"servicequotas:{operation}", f"{_arn('servicequotas')}:lambda/{params['QuotaCode']}")
        case "s3" | "cloudwatch":
            for action, on in (_of_s3 if service == "s3" else _of_cloudwatch)(operation, params):
                yield Need(action, _in_production(on))
        case _:
            for on in _resources(service, operation, params):
                yield Need(f"{service}:{operation}", _in_production(on))


def _resources(service: str, operation: str, params: dict[str, Any]) -> Iterator[str]:
    """Of a call that is an action of its own name."""
    match service:
        case "cloudformation":
            yield f"{_arn(service)}:stack/{params['StackName']}/id"
        case "events":
            yield from (f"{_arn(service)}:event-bus/{entry['EventBusName']}" for entry in params["Entries"])
        case "sqs":
            # CloudFormation names the queues; that functions are given their URLs is held by another test.
            named = params.get("QueueUrl") or params.get("QueueName")
            yield f"arn:of:{_QUEUES[named.rpartition('/')[2]]}" if named is not None else "*"
        case "cloudfront" | "cloudfront-keyvaluestore":
            yield _of_cloudfront(service, operation, params)
        case "lambda":
            yield "any"
        case "logs":
            yield f"{_arn(service)}:log-group:{params['logGroupName']}:*"
        case "sns" | "ssm" | "secretsmanager":
            yield from _of_notifications(service, params)
        case _:
            raise AssertionError(f"{service}:{operation} has no entry here: say which permission it needs")


def _in_production(arn: str) -> str:
    named = arn.replace(f"edgeship-{NAMES.environment}", "edgeship-production")
    return named.replace(f"edgeship/{NAMES.environment}/", "edgeship/production/")


DEAD, WORK = (f"{NAMES.stack}-{name}" for name in ("NotificationsFailures0A1B2C3D-x", "NotificationsQueue0E5F6A7B-x"))
"""As CloudFormation names a queue of failures, and the queue that they failed in."""
_QUEUES = {
    "poison": "PipelinePoison",
    "notices": "NotificationsQueue",
    DEAD: "NotificationsNotificationFailures",
    WORK: "NotificationsQueue",
}
"""The template's queues by the tests'."""


def _arn(service: str) -> str:
    return f"arn:aws:{service}:{REGION}:{NAMES.account}"


def _of_cloudfront(service: str, operation: str, params: dict[str, Any]) -> str:
    if params.get("KvsARN") == PREVIEW_STORE_ARN:
        return "arn:of:PreviewCdnStore"
    if service == "cloudfront-keyvaluestore" or operation == "DescribeKeyValueStore":
        return "arn:of:RouterRoutes"
    return f"arn:aws:cloudfront::{NAMES.account}:distribution/arn:of:CdnDistribution"


def _of_notifications(service: str, params: dict[str, Any]) -> Iterator[str]:
    match service:
        case "sns":
            yield "arn:of:NotificationsTopic"
        case "ssm":
            yield f"{_arn('ssm')}:parameter{params['Name']}"
        case "secretsmanager" if params["SecretId"] == NAMES.token_secret:
            yield "arn:of:PageViewsTokenKey"
        case "secretsmanager":
            # A secret's ARN ends in six characters of AWS's choice.
            yield f"{_arn('secretsmanager')}:secret:{params['SecretId']}-a1B2c3"


def _of_s3(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    bucket = f"arn:aws:s3:::{params['Bucket']}"
    target = f"{bucket}/{params.get('Key')}"
    match operation:
        case "ListObjectsV2":
            yield "s3:ListBucket", bucket
        case "CopyObject":
            source = params["CopySource"]
            version = "Version" if source.get("VersionId") else ""
            yield f"s3:GetObject{version}", f"arn:aws:s3:::{source['Bucket']}/{source['Key']}"
            yield "s3:PutObject", target
            if params.get("Tagging"):
                yield "s3:PutObjectTagging", target
        case "PutObject":
            yield "s3:PutObject", target
        case "DeleteObjects":
            for each in params["Delete"]["Objects"]:
                yield "s3:DeleteObject", f"{bucket}/{each['Key']}"
        case "HeadObject" | "GetObject":
            yield "s3:GetObject" + ("Version" if "VersionId" in params else ""), target
        case _:
            raise AssertionError(f"s3:{operation} has no entry here: say which permission it needs")


def _of_dynamodb(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    table = f"{_arn('dynamodb')}:table"
    match operation:
        case "TransactWriteItems":
            for write in params["TransactItems"]:
                ((kind, item),) = write.items()
                action = "dynamodb:ConditionCheckItem" if kind == "ConditionCheck" else f"dynamodb:{kind}Item"
                yield action, f"{table}/{item['TableName']}", leading_keys(item, _partition_key)
        case "BatchGetItem":
            for name in params["RequestItems"]:
                yield "dynamodb:BatchGetItem", f"{table}/{name}", leading_keys(params, _partition_key)
        case "Query" if "IndexName" in params:
            keys = leading_keys(params, _partition_key)
            yield "dynamodb:Query", f"{table}/{params['TableName']}/index/{params['IndexName']}", keys
        case _:
            yield f"dynamodb:{operation}", f"{table}/{params['TableName']}", leading_keys(params, _partition_key)


def _partition_key(table: str, index: str | None) -> str:
    del table  # they all have the same
    return index if index == WATCHED_INDEX else "pk"


def _of_cloudwatch(operation: str, params: dict[str, Any]) -> Iterator[tuple[str, str]]:
    alarm = f"{_arn('cloudwatch')}:alarm"
    match operation:
        case "PutMetricAlarm":
            yield "cloudwatch:PutMetricAlarm", f"{alarm}:{params['AlarmName']}"
        case "DeleteAlarms":
            for name in params["AlarmNames"]:
                yield "cloudwatch:DeleteAlarms", f"{alarm}:{name}"
        case "DescribeAlarms":
            # Authorised on every alarm, whatever is looked for.
            yield "cloudwatch:DescribeAlarms", f"{alarm}:any"
        case "GetMetricData":
            yield "cloudwatch:GetMetricData", "any"
        case _:
            raise AssertionError(f"cloudwatch:{operation} has no entry here: say which permission it needs")
