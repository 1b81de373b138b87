"""Policies in the emulator: what it enforces of itself, and what is completed inside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.account import ACCOUNT, REGION
from localcloud.cloudwatch.emulator import MonitoredEmulator
from localcloud.emulator import Emulator
from localcloud.iam.principals import of_role, of_user
from localcloud.sandbox import SandboxSession

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-iam")]

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/items"
OWN = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["A", "A#*"]}}

Policy = Callable[[list[dict[str, Any]]], SandboxSession]


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with MonitoredEmulator(enforce_iam=True) as running:
        yield running


@pytest.fixture(scope="module")
def root(emulator: Emulator) -> SandboxSession:
    session = emulator.session()
    session.client("s3").create_bucket(Bucket="bucket")
    session.client("s3").put_object(Bucket="bucket", Key="there", Body=b"x")
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "kind")]
    session.client("dynamodb").create_table(
        TableName="items",
        AttributeDefinitions=attributes,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_kind",
                "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    return session


@pytest.fixture
def allowed(emulator: Emulator, root: SandboxSession, request: pytest.FixtureRequest) -> Policy:
    """A session of a new user with one policy of these statements."""

    def user(statements: list[dict[str, Any]]) -> SandboxSession:
        name = request.node.name[:50].replace("[", "-").replace("]", "")
        document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **each} for each in statements]}
        policy = root.client("iam").create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        return emulator.session(of_user(root, name, [policy["Policy"]["Arn"]]))

    return user


def denied(call: Callable[[], object]) -> bool:
    """Whether it is for lack of a permission."""
    try:
        call()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] == 403 or "AccessDenied" in str(error)
    return False


def item(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}, "kind": {"S": "x"}}


def test_a_partition_of_a_table_alone(allowed: Policy) -> None:
    actions = [f"dynamodb:{name}" for name in ("BatchGetItem", "ConditionCheckItem", "GetItem", "PutItem", "Query")]
    client = allowed([{"Action": actions, "Resource": [TABLE], "Condition": OWN}]).client("dynamodb")

    def put(key: str) -> dict[str, Any]:
        return {"Put": {"TableName": "items", "Item": item(key)}}

    def query(key: str, **more: Any) -> object:
        values = {":key": {"S": key}}
        condition = "kind = :key" if more else "pk = :key"
        return client.query(
            TableName="items", KeyConditionExpression=condition, ExpressionAttributeValues=values, **more
        )

    def batch(*keys: str) -> object:
        return client.batch_get_item(RequestItems={"items": {"Keys": [{"pk": {"S": key}} for key in keys]}})

    check = {
        "ConditionCheck": {
            "TableName": "items",
            "Key": {"pk": {"S": "B"}},
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    assert not denied(lambda: client.put_item(TableName="items", Item=item("A")))
    assert not denied(lambda: client.transact_write_items(TransactItems=[put("A"), put("A#1")]))
    assert not denied(lambda: client.get_item(TableName="items", Key={"pk": {"S": "A"}}))
    assert not denied(lambda: query("A"))
    assert not denied(lambda: batch("A", "A#2"))
    assert denied(lambda: client.put_item(TableName="items", Item=item("B")))
    assert denied(lambda: client.get_item(TableName="items", Key={"pk": {"S": "AB"}}))
    assert denied(lambda: client.transact_write_items(TransactItems=[put("A"), put("B")]))
    assert denied(lambda: client.transact_write_items(TransactItems=[put("A"), check]))
    assert denied(lambda: query("B"))
    assert denied(lambda: query("x", IndexName="by_kind"))
    assert denied(lambda: batch("A", "B"))
    assert denied(lambda: client.scan(TableName="items"))


def test_items_of_one_transaction_count_each_by_its_own_action(allowed: Policy) -> None:
    """What may be checked in one partition may not be written there."""
    client = allowed(
        [
            {"Action": ["dynamodb:PutItem"], "Resource": [TABLE], "Condition": OWN},
            {
                "Action": ["dynamodb:ConditionCheckItem"],
                "Resource": [TABLE],
                "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["B"]}},
            },
        ]
    ).client("dynamodb")
    none = {"TableName": "items", "ConditionExpression": "attribute_not_exists(pk)"}
    put, check = (
        {"Put": {"TableName": "items", "Item": item("A")}},
        {"ConditionCheck": {**none, "Key": {"pk": {"S": "B"}}}},
    )
    assert not denied(lambda: client.transact_write_items(TransactItems=[put, check]))
    assert denied(
        lambda: client.transact_write_items(TransactItems=[{"Put": {"TableName": "items", "Item": item("B")}}])
    )


def test_alarms_by_their_names(allowed: Policy) -> None:
    """botocore speaks CBOR to CloudWatch."""
    alarms = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm"
    client = allowed(
        [
            {"Action": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"], "Resource": [f"{alarms}:mine-*"]},
            {"Action": ["cloudwatch:DescribeAlarms"], "Resource": [f"{alarms}:*"]},
        ]
    ).client("cloudwatch")

    def put(name: str) -> object:
        return client.put_metric_alarm(
            AlarmName=name,
            Namespace="n",
            MetricName="m",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )

    assert not denied(lambda: put("mine-1"))
    assert denied(lambda: put("theirs-1"))
    assert denied(lambda: client.delete_alarms(AlarmNames=["theirs-1"]))
    assert not denied(lambda: client.describe_alarms())
    assert denied(lambda: client.get_metric_data(MetricDataQueries=[], StartTime=0, EndTime=1))


def test_key_value_stores(allowed: Policy, root: SandboxSession) -> None:
    made = {
        name: root.client("cloudfront").create_key_value_store(Name=name)["KeyValueStore"]["ARN"]
        for name in ("mine", "theirs")
    }
    session = allowed(
        [
            {
                "Action": [
                    "cloudfront:DescribeKeyValueStore",
                    "cloudfront-keyvaluestore:DescribeKeyValueStore",
                    "cloudfront-keyvaluestore:GetKey",
                    "cloudfront-keyvaluestore:PutKey",
                ],
                "Resource": [made["mine"]],
            }
        ]
    )
    data = session.client("cloudfront-keyvaluestore")
    for name, is_mine in (("mine", True), ("theirs", False)):
        arn = made[name]
        assert denied(lambda name=name: session.client("cloudfront").describe_key_value_store(Name=name)) is not is_mine
        assert denied(lambda arn=arn: data.describe_key_value_store(KvsARN=arn)) is not is_mine
        assert denied(lambda arn=arn: data.put_key(KvsARN=arn, Key="a/b", Value="x", IfMatch="-")) is not is_mine
        assert denied(lambda arn=arn: data.list_keys(KvsARN=arn))


def test_objects_their_tags_and_what_is_not_there(allowed: Policy) -> None:
    reads = {"Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::bucket/*"]}
    writes = {"Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::bucket/w/*/"]}
    client = allowed([reads, writes]).client("s3")
    assert client.get_object(Bucket="bucket", Key="there")["Body"].read() == b"x"
    assert denied(lambda: client.get_object(Bucket="bucket", Key="gone"))
    assert denied(lambda: client.list_objects_v2(Bucket="bucket"))
    assert not denied(lambda: client.put_object(Bucket="bucket", Key="w/1/", Body=b""))
    assert denied(lambda: client.put_object(Bucket="bucket", Key="w/1/", Body=b"", Tagging="a=b"))
    assert denied(lambda: client.put_object(Bucket="bucket", Key="w/1/x", Body=b""))


def test_who_may_list_a_bucket_learns_that_an_object_is_not_there(allowed: Policy) -> None:
    client = allowed([{"Action": ["s3:GetObject", "s3:ListBucket"], "Resource": ["*"]}]).client("s3")
    with pytest.raises(ClientError, match="NoSuchKey"):
        client.get_object(Bucket="bucket", Key="gone")


def test_log_groups_end_in_a_star(allowed: Policy, root: SandboxSession) -> None:
    for name in ("mine", "theirs"):
        root.client("logs").create_log_group(logGroupName=name)
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:mine"
    client = allowed([{"Action": ["logs:FilterLogEvents"], "Resource": [f"{group}:*"]}]).client("logs")
    assert not denied(lambda: client.filter_log_events(logGroupName="mine"))
    assert denied(lambda: client.filter_log_events(logGroupName="theirs"))


def test_a_role_that_a_service_may_assume(emulator: Emulator, root: SandboxSession) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = root.client("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    root.client("iam").put_role_policy(
        RoleName="r",
        PolicyName="p",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/there"}],
            }
        ),
    )
    client = emulator.session(of_role(root, role, "function")).client("s3")
    assert client.get_object(Bucket="bucket", Key="there")["Body"].read() == b"x"
    assert denied(lambda: client.put_object(Bucket="bucket", Key="there", Body=b""))


def test_a_user_of_an_earlier_start_gets_another_key(emulator: Emulator, root: SandboxSession) -> None:
    first, second = (of_user(root, "again", []) for _ in range(2))
    assert first != second
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        emulator.session(first).client("sts").get_caller_identity()
    assert emulator.session(second).client("sts").get_caller_identity()["Arn"].endswith(":user/again")
