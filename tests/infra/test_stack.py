"""What holds for every stack: rules of the trade, names, retention, permissions."""

from __future__ import annotations

import hashlib
import json
import os
import re
from fnmatch import fnmatchcase
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.dynamodb.health import error_books as dynamodb_errors
from edgeship.resource_names import WATCHED_INDEX, WITNESS_PREFIX, ResourceNames
from edgeship.settings import FUNCTION_SETTINGS
from infra.options import LOG_RETENTION_DAYS
from tests.infra.contexts import ACCOUNT
from tests.infra.permissions_table import WITHOUT_RESOURCE
from tests.infra.synthesised import run_app
from tests.infra.template import Template, listed

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

STACKS = ("production", "customised", "local")
HOLDS_DATA = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup")


@pytest.fixture(params=STACKS)
def stack(request: pytest.FixtureRequest) -> Template:
    template = request.getfixturevalue(request.param)
    assert isinstance(template, Template)
    return template


def cfn_lint(template: Path, *ignored: str) -> list[str]:
    from cfnlint.api import lint_file  # its import takes seconds
    from cfnlint.config import ManualArgs

    found = lint_file(template, config=ManualArgs(regions=["us-east-1"], ignore_checks=list(ignored)))
    return [str(match) for match in found]


def findings(stack: Template) -> list[str]:
    """cfn-lint's, of which each takes seconds: kept beside the template, by its content and cfn-lint's version."""
    key = hashlib.sha256(stack.path.read_bytes() + version("cfn-lint").encode()).hexdigest()
    kept = stack.folder / f"cfn-lint-{key[:16]}.json"
    if not kept.exists():
        # W3005: the CDK states a dependency on a role that its ARN implies.
        found = cfn_lint(stack.path, "W3005")
        unfinished = kept.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps(found), "utf-8")
        unfinished.replace(kept)
    said: list[str] = json.loads(kept.read_text("utf-8"))
    return said


@pytest.mark.parametrize(
    "stack",
    [pytest.param(name, marks=pytest.mark.nightly) for name in ("production", "customised", "local")],
    indirect=True,
)
def test_cfn_lint_finds_nothing(stack: Template) -> None:
    assert findings(stack) == []


@pytest.mark.parametrize("name", ["production", "customised"])
def test_the_validation_report_has_no_findings(name: str, request: pytest.FixtureRequest) -> None:
    stack: Template = request.getfixturevalue(name)
    report = json.loads((stack.folder / "validation-report.json").read_text("utf-8"))
    assert [plugin["violations"] for plugin in report["pluginReports"] if plugin["violations"]] == []


def test_the_one_custom_resource_needs_no_function_but_our_own(stack: Template) -> None:
    types = {resource["Type"] for resource in stack.body["Resources"].values()}
    assert {type_ for type_ in types if type_.startswith("Custom::") or "CustomResource" in type_} == {
        "Custom::FilledRouteStore"
    }
    assert stack.functions().keys() == {*FUNCTION_SETTINGS, "edge"}


@pytest.mark.parametrize("name", ["production", "customised"])
def test_what_holds_data_outlives_the_stack(name: str, request: pytest.FixtureRequest) -> None:
    stack: Template = request.getfixturevalue(name)
    for type_ in HOLDS_DATA:
        resources = {key: each for key, each in stack.resources(type_).items() if not key.startswith("PageViews")}
        assert resources
        for key, resource in resources.items():
            assert resource["DeletionPolicy"] in ("Retain", "RetainExceptOnCreate"), key
            assert resource["UpdateReplacePolicy"] == "Retain", key
    assert stack.state_table()["Properties"]["DeletionProtectionEnabled"] is True
    manifest = json.loads((stack.folder / "manifest.json").read_text("utf-8"))
    assert manifest["artifacts"][stack.name]["properties"]["terminationProtection"] is True


def test_the_local_stack_can_be_thrown_away(local: Template) -> None:
    for type_ in HOLDS_DATA:
        for key, resource in local.resources(type_).items():
            assert resource["DeletionPolicy"] == "Delete", key
    assert not local.state_table()["Properties"].get("DeletionProtectionEnabled")


def test_buckets_are_private_encrypted_versioned_and_tls_only(stack: Template) -> None:
    policies = {
        policy["Properties"]["Bucket"]["Ref"]: policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in stack.resources("AWS::S3::BucketPolicy").values()
    }
    buckets = stack.resources("AWS::S3::Bucket")
    names = ResourceNames(stack.name.removeprefix("edgeship-"), "000000000000" if "local" in stack.name else ACCOUNT)
    assert {bucket["Properties"]["BucketName"] for bucket in buckets.values()} == {
        names.inbox_bucket,
        names.site_bucket,
        names.config_bucket,
        names.logs_bucket,
    }
    for key, bucket in buckets.items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, key
        versioning = "Suspended" if properties["BucketName"] == names.logs_bucket else "Enabled"
        assert properties["VersioningConfiguration"] == {"Status": versioning}, key
        assert properties["BucketEncryption"], key
        rules = properties["LifecycleConfiguration"]["Rules"]
        assert any("AbortIncompleteMultipartUpload" in rule for rule in rules), key
        assert any(
            statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            for statement in policies[key]
        ), key


def test_only_the_inbox_and_retired_copies_expire_and_only_it_sends_events(production: Template) -> None:
    buckets = {b["Properties"]["BucketName"].split("-")[2]: b["Properties"] for b in _buckets(production)}
    expiring = {
        name: {_expiring(rule): rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule}
        for name, rules in ((name, b["LifecycleConfiguration"]["Rules"]) for name, b in buckets.items())
    }
    assert expiring == {
        "inbox": {"incoming/": 7, "accepted/": 365, "rejected/": 90},
        "site": {("edgeship", "retired"): 7},
        "config": {},
        "logs": {None: 90},
    }
    sending = {name: b["NotificationConfiguration"] for name, b in buckets.items() if "NotificationConfiguration" in b}
    assert sending == {"inbox": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}}


def test_the_table_streams_new_images_and_can_be_restored(stack: Template) -> None:
    table = stack.state_table()["Properties"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert {key["AttributeName"]: key["KeyType"] for key in table["KeySchema"]} == {"pk": "HASH", "sk": "RANGE"}


def test_a_restored_table_has_a_property_that_changes_and_what_reads_its_stream_gets_it_by_attribute(
    production: Template, customised: Template
) -> None:
    """So a deploy lets CloudFormation read the stream's ARN again; a literal one would stay."""
    tags = [
        [tag for tag in template.state_table()["Properties"].get("Tags", ()) if tag["Key"] == "edgeship:restored"]
        for template in (production, customised)
    ]
    assert tags == [[], [{"Key": "edgeship:restored", "Value": "2026-11-28"}]]
    (mapping,) = (
        resource["Properties"]
        for resource in customised.resources("AWS::Lambda::EventSourceMapping").values()
        if "StreamArn" in str(resource["Properties"]["EventSourceArn"])
    )
    assert mapping["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"


def test_what_is_watched_is_found_by_an_index_that_holds_nothing_else(stack: Template) -> None:
    table = stack.state_table()["Properties"]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == WATCHED_INDEX
    assert {key["AttributeName"]: key["KeyType"] for key in index["KeySchema"]} == {"watched": "HASH", "pk": "RANGE"}
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_no_policy_allows_a_wildcard_action_or_every_resource(stack: Template) -> None:
    statements = list(stack.statements())
    assert statements
    for key, statement in statements:
        assert "NotAction" not in statement, key
        assert "NotResource" not in statement, key
        assert not [action for action in listed(statement["Action"]) if "*" in action], key
        if "*" in listed(statement["Resource"]):
            assert set(listed(statement["Action"])) <= WITHOUT_RESOURCE.keys(), key


def test_the_uploader_reads_no_object_of_the_inbox(production: Template) -> None:
    inbox = f"arn:aws:s3:::edgeship-production-inbox-{ACCOUNT}/"
    on_objects = [
        (listed(statement["Action"]), listed(statement["Resource"]))
        for statement in _managed_policy(production, "Uploader")
        if str(statement["Resource"]).startswith(inbox)
    ]
    assert on_objects == [(["s3:ListMultipartUploadParts", "s3:PutObject"], [f"{inbox}incoming/*"])]


def test_the_operator_cannot_write_what_is_served_or_delete_anything(production: Template) -> None:
    for statement in _managed_policy(production, "Operator"):
        actions = listed(statement["Action"])
        # Of a failure queue, once it was sent again.
        assert not [action for action in actions if "Delete" in action and action != "sqs:DeleteMessage"]
        if "s3:PutObject" in actions:
            assert listed(statement["Resource"]) == [f"arn:aws:s3:::edgeship-production-inbox-{ACCOUNT}/incoming/*"]


def test_the_pruner_deletes_objects_of_releases_alone(production: Template) -> None:
    (statement,) = _managed_policy(production, "Pruner")
    assert listed(statement["Action"]) == ["s3:DeleteObject"]
    patterns = [str(resource).removeprefix("arn:aws:s3:::edgeship-production-") for resource in statement["Resource"]]

    def may(bucket: str, key: str) -> bool:
        return any(fnmatchcase(f"{bucket}-{ACCOUNT}/{key}", pattern) for pattern in patterns)

    site = ("w/v1.0.0/", "w/v1.0.0/a.js", "_encoded/br/w/v1.0.0/a.js", "w/manifests/1.0.0.json", "health/w/v1.0.0")
    assert all(may("site", key) for key in site)
    assert may("inbox", "maps/w/v1.0.0/a.js.map")
    assert may("inbox", "surfaces/w/v1.0.0/surface.json")
    for bucket, key in (
        ("site", "_latest/w/widget.js"),
        ("inbox", "accepted/w/1.0.0.tgz"),
        ("inbox", "incoming/w/1.0.0.tgz"),
        ("config", "edge/snapshot.json"),
    ):
        assert not may(bucket, key)


def test_the_minute_tick_writes_health_pages_and_no_file_of_a_release(production: Template) -> None:
    written = {
        production.arn(resource)
        for statement in production.role_statements("rollout")
        if "s3:PutObject" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    assert written == {
        f"arn:aws:s3:::edgeship-production-site-{ACCOUNT}/health/*",
        f"arn:aws:s3:::edgeship-production-config-{ACCOUNT}/health/published.json",
    }


def test_no_function_may_delete_but_alarms_of_releases_and_delivered_messages(stack: Template) -> None:
    deleted = {
        (function, action): stack.resolve(statement["Resource"])
        for function in stack.functions()
        for statement in stack.role_statements(function)
        for action in listed(statement["Action"])
        if "Delete" in action
    }
    account = "000000000000" if "local" in stack.name else ACCOUNT
    alarms = f"arn:aws:cloudwatch:us-east-1:{account}:alarm:{stack.name}-health-*"
    queues = [
        key for key in stack.resources("AWS::SQS::Queue") if re.match(r"(Notif|Propag)\w+Queue|.*FailedQueue", key)
    ]
    notifications, uploads, moves = sorted(queues)
    assert deleted == {
        ("rollout", "cloudwatch:DeleteAlarms"): alarms,
        # What has been delivered, or refused, goes from the queue.
        ("notification", "sqs:DeleteMessage"): {"Fn::GetAtt": [notifications, "Arn"]},
        ("artifact_upload", "sqs:DeleteMessage"): {"Fn::GetAtt": [uploads, "Arn"]},
        ("propagation", "sqs:DeleteMessage"): {"Fn::GetAtt": [moves, "Arn"]},
    }


def test_what_takes_requests_from_anybody_reaches_its_own_records_alone(production: Template) -> None:
    statements = [
        statement
        for statement in production.role_statements("telemetry")
        if any(action.startswith("dynamodb:") for action in listed(statement["Action"]))
    ]
    of_the_state, of_views = statements
    assert of_the_state["Condition"] == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{dynamodb_errors._pk('')}*"]}
    }
    assert "PageViewsTable" in str(of_views["Resource"])


def test_page_views_are_in_no_stream_no_backup_and_gone_in_a_day(stack: Template) -> None:
    (views,) = (each for key, each in stack.resources("AWS::DynamoDB::Table").items() if key.startswith("PageViews"))
    properties = views["Properties"]
    assert "StreamSpecification" not in properties
    assert "PointInTimeRecoverySpecification" not in properties
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert properties["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert views["DeletionPolicy"] == "Delete"


def test_the_master_key_is_made_by_aws_and_read_by_two_functions(stack: Template) -> None:
    (secret,) = stack.resources("AWS::SecretsManager::Secret").values()
    assert secret["Properties"]["GenerateSecretString"] == {"ExcludePunctuation": True, "PasswordLength": 64}
    assert "SecretString" not in secret["Properties"]
    reading = {
        name
        for name in stack.functions()
        for statement in stack.role_statements(name)
        if "PageViewsTokenKey" in str(statement["Resource"])
    }
    assert reading == {"relay", "telemetry"}


def test_who_rolls_back_reads_witnesses_and_no_page_view(production: Template) -> None:
    for name in ("rollout", "rollback"):
        (statement,) = (each for each in production.role_statements(name) if "PageViewsTable" in str(each["Resource"]))
        assert statement["Action"] == "dynamodb:GetItem"
        assert statement["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{WITNESS_PREFIX}*"]}}


def test_every_queue_has_an_alarm_and_takes_tls_alone(stack: Template) -> None:
    queues = stack.resources("AWS::SQS::Queue")
    assert queues
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in stack.resources("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", ())
        if dimension["Name"] == "QueueName"
    }
    assert watched == queues.keys()
    tls_only = {
        queue["Ref"]
        for policy in stack.resources("AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
        if any(statement["Effect"] == "Deny" for statement in policy["Properties"]["PolicyDocument"]["Statement"])
    }
    assert tls_only == queues.keys()
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())


def test_every_alarm_watches_one_metric_and_tells_someone(stack: Template) -> None:
    for key, alarm in stack.resources("AWS::CloudWatch::Alarm").items():
        properties = alarm["Properties"]
        assert properties.get("MetricName") or properties["Metrics"], key
        # Metrics have no data while nothing happens; of the tick, which runs every minute, that is the very alarm.
        missing = "breaching" if properties["AlarmName"].endswith("-Rollout-Missing") else "notBreaching"
        assert properties["TreatMissingData"] == missing, key
        assert properties["AlarmActions"] == properties["OKActions"], key
        assert properties["AlarmActions"], key


def test_every_function_that_stops_working_is_told_of(stack: Template) -> None:
    watched = {
        (dimension["Value"]["Ref"], alarm["Properties"]["MetricName"])
        for alarm in stack.resources("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", ())
        if dimension["Name"] == "FunctionName"
    }
    keys = {
        function["Properties"]["Handler"].split(".")[1]: key
        for key, function in stack.resources("AWS::Lambda::Function").items()
    }
    for name in FUNCTION_SETTINGS:
        assert (keys[name], "Errors") in watched, name
    assert {
        (keys["rollout"], "Invocations"),
        (keys["telemetry"], "Throttles"),
        (keys["relay"], "IteratorAge"),
    } <= watched


def test_a_tick_that_does_not_come_is_told_after_five_minutes(stack: Template) -> None:
    (alarm,) = (
        alarm["Properties"]
        for alarm in stack.resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "Invocations"
    )
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "LessThanThreshold")
    assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["Statistic"]) == (60, 5, "Sum")


def test_the_alarm_topic_lets_cloudwatch_publish(stack: Template) -> None:
    (policy,) = (p for key, p in stack.resources("AWS::SNS::TopicPolicy").items() if key.startswith("Alarms"))
    allowed = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
    assert [statement["Principal"] for statement in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]


def test_the_outputs_name_what_others_need(stack: Template) -> None:
    assert stack.body["Outputs"].keys() >= {
        "DistributionDomainName",
        "DistributionId",
        "InboxBucketName",
        "SiteBucketName",
        "ConfigBucketName",
        "TableName",
        "BusName",
        "UploaderPolicyArn",
        "OperatorPolicyArn",
    }


def test_retention_options_reach_the_template(customised: Template) -> None:
    groups = customised.resources("AWS::Logs::LogGroup").values()
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {400}
    (archive,) = customised.resources("AWS::Events::Archive").values()
    assert archive["Properties"]["RetentionDays"] == 14
    subscriptions = customised.resources("AWS::SNS::Subscription").values()
    assert {each["Properties"]["Endpoint"] for each in subscriptions} == {"oncall@example.com", "team@example.com"}


def test_every_offered_log_retention_is_one_that_cloudformation_knows(production: Template, tmp_path: Any) -> None:
    group, *_ = production.resources("AWS::Logs::LogGroup").values()
    resources = {
        f"Logs{days}": {
            **group,
            "Properties": {"LogGroupName": f"/edgeship/{days}", "RetentionInDays": days},
            "Metadata": {},
        }
        for days in LOG_RETENTION_DAYS
    }
    path = tmp_path / "retention.template.json"
    path.write_text(json.dumps({"Resources": resources}), "utf-8")
    assert cfn_lint(path) == []


def test_a_bad_context_ends_with_code_2_and_a_line_a_person_can_act_on(tmp_path: Any) -> None:
    done = run_app({"environment": "production", "geo_allow": "UK"}, tmp_path)
    assert done.returncode == 2
    assert "context key geo_allow: UK" in done.stderr
    assert "Traceback" not in done.stderr


def _expiring(rule: dict[str, Any]) -> str | tuple[str, str] | None:
    """What a lifecycle rule expires: a prefix, or what has a tag."""
    tags = [(tag["Key"], tag["Value"]) for tag in rule.get("TagFilters", ())]
    return tags[0] if tags else rule.get("Prefix")


def _buckets(stack: Template) -> list[dict[str, Any]]:
    return list(stack.resources("AWS::S3::Bucket").values())


def _managed_policy(stack: Template, id_: str) -> list[dict[str, Any]]:
    (statements,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for key, policy in stack.resources("AWS::IAM::ManagedPolicy").items()
        if key.startswith(f"Access{id_}")
    )
    return list(statements)


def test_source_maps_are_written_by_the_upload_and_read_by_people_alone(production: Template) -> None:
    maps = f"arn:aws:s3:::edgeship-production-inbox-{ACCOUNT}/maps/*"
    acting = [
        (kind, sorted(listed(statement["Action"])))
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for policy in production.resources(kind).values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if maps in listed(statement["Resource"])
    ]
    assert acting == [
        ("AWS::IAM::Policy", ["s3:PutObject"]),
        ("AWS::IAM::ManagedPolicy", ["s3:GetObject"]),
        ("AWS::IAM::ManagedPolicy", ["s3:GetObject"]),
        ("AWS::IAM::ManagedPolicy", ["s3:DeleteObject"]),
    ]


def test_the_cdn_has_no_access_to_the_bucket_of_source_maps(production: Template) -> None:
    for distribution in production.resources("AWS::CloudFront::Distribution").values():
        assert "Inbox" not in str(distribution["Properties"]["DistributionConfig"]["Origins"])
    policies = production.resources("AWS::S3::BucketPolicy").values()
    (inbox,) = (policy for policy in policies if "Inbox" in str(policy["Properties"]["Bucket"]))
    assert "cloudfront" not in str(inbox)
