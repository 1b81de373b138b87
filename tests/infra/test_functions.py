"""What holds for the regional functions: environment, logs, triggers, and where their failures go."""

from __future__ import annotations

import copy
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.events.models import EventPattern

from edgeship.adapters.dynamodb.items import event_item
from edgeship.domain.events import SOURCE, Event, EventType
from edgeship.domain.notifications.backoff import backoff
from edgeship.domain.releases.limits import MAX_FILE_MIB, MAX_FILES, MIB, Limits
from edgeship.settings import FUNCTION_SETTINGS, TRACING
from infra.app import ROOT
from infra.browser_client import telemetry_client
from infra.constructs.pipeline import upload_storage, upload_timeout
from tests.infra.template import Resource, Template, listed

pytestmark = pytest.mark.xdist_group("infra")

EVENTS = ROOT / "events"
SAMPLES = (
    ("artifact_upload", "aws.s3.object-created.json"),
    ("promotion", "edgeship.release-registered.json"),
    ("promotion", "edgeship.rollout-completed.json"),
    ("promotion", "edgeship.rollout-cancelled.json"),
    ("promotion", "edgeship.channel-unlocked.json"),
    ("rollback", "aws.cloudwatch.alarm-state-change.json"),
    ("rollback", "edgeship.deployment-failed.json"),
    ("propagation", "edgeship.pointer-moved.json"),
    ("propagation", "edgeship.deployment-requested.json"),
)
"""The samples of the events that each rule's function takes."""
SCHEDULED = {"rollout": "rate(1 minute)", "relay": "rate(1 minute)"}


@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_the_environment_is_what_the_settings_class_reads(name: str, production: Template) -> None:
    variables = production.functions()[name]["Properties"]["Environment"]["Variables"]
    # What is an attribute of another resource is known when the stack is deployed.
    given = {key: str(value) for key, value in production.resolve(variables).items() if key.startswith("EDGESHIP_")}
    settings = FUNCTION_SETTINGS[name].from_env(given)
    assert settings.environment == "production"
    assert settings.table == "edgeship-production"
    assert given.keys() == {key for key in settings.to_env() if key in given}


@pytest.mark.parametrize(
    ("stack", "limits"), [("production", Limits()), ("customised", Limits.chosen(files=8_000, file_mib=200))]
)
def test_uploads_have_one_limit_in_the_function_and_in_the_parameter(
    stack: str, limits: Limits, request: pytest.FixtureRequest
) -> None:
    template: Template = request.getfixturevalue(stack)
    function = template.functions()["artifact_upload"]["Properties"]
    said = {key: function["Environment"]["Variables"][f"EDGESHIP_MAX_{key.upper()}"] for key in limits.to_dict()}
    assert said == {key: str(value) for key, value in limits.to_dict().items()}
    (parameter,) = template.resources("AWS::SSM::Parameter").values()
    assert parameter["Properties"]["Name"] == "/edgeship/production/upload-limits"
    assert Limits.from_dict(json.loads(parameter["Properties"]["Value"])) == limits
    assert any(name.startswith("PipelineArtifactUploadFunction") for name in parameter["DependsOn"])
    # The archive and what it unpacks to.
    assert function["EphemeralStorage"]["Size"] * MIB >= 2 * limits.total_bytes + limits.declaration_bytes


@given(st.integers(1, MAX_FILES), st.integers(1, MAX_FILE_MIB))
def test_lambda_has_the_disk_and_the_time_for_any_limits(files: int, file_mib: int) -> None:
    limits = Limits.chosen(files, file_mib)
    assert 512 <= upload_storage(limits).to_mebibytes() <= 10_240
    # A claim is over when no function can write under it.
    assert timedelta(minutes=5) <= timedelta(seconds=upload_timeout(limits).to_seconds()) <= timedelta(minutes=15)


@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_it_runs_on_arm64_and_python_3_13_with_its_own_log_group_and_role(name: str, production: Template) -> None:
    functions = production.functions()
    function = functions[name]["Properties"]
    assert function["Architectures"] == ["arm64"]
    assert function["Runtime"] == "python3.13"
    assert f"functions/{name}/handler.py" in production.bundle_names(name)
    group = production.body["Resources"][function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert group == {"LogGroupName": f"/aws/lambda/{function['FunctionName']}", "RetentionInDays": 30}
    roles = [other["Properties"]["Role"]["Fn::GetAtt"][0] for other in functions.values()]
    assert len(roles) == len(set(roles))


@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_it_may_write_its_own_log_group_alone(name: str, production: Template) -> None:
    group = production.functions()[name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
    (statement,) = (s for s in production.role_statements(name) if "logs:PutLogEvents" in listed(s["Action"]))
    assert statement["Resource"] == {"Fn::GetAtt": [group, "Arn"]}


def reserved(stack: Template) -> dict[str, int]:
    found = {
        name: function["Properties"].get("ReservedConcurrentExecutions") for name, function in stack.functions().items()
    }
    return {name: count for name, count in found.items() if count is not None}


def test_a_new_account_has_the_concurrency_that_the_defaults_need(
    production: Template, first: Template, local: Template
) -> None:
    assert reserved(production) == reserved(first) == reserved(local) == {}


def test_beacons_and_what_rescues_can_have_a_concurrency_of_their_own(customised: Template) -> None:
    """Neither can they take that of the other functions, nor be left without any by them."""
    assert reserved(customised) == {"telemetry": 20, "rollback": 10, "relay": 10, "rollout": 2}


@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_tracing_is_an_option_that_costs_nothing_when_it_is_off(
    name: str, production: Template, customised: Template
) -> None:
    def traces(template: Template) -> tuple[str | None, str | None, bool, bool]:
        function = template.functions()[name]["Properties"]
        return (
            function.get("TracingConfig", {}).get("Mode"),
            function["Environment"]["Variables"].get(TRACING),
            any(path.startswith("aws_xray_sdk/") for path in template.bundle_names(name)),
            any("xray:PutTraceSegments" in listed(each["Action"]) for each in template.role_statements(name)),
        )

    assert traces(production) == (None, None, False, False)
    assert traces(customised) == ("Active", "true", True, True)


def test_the_telemetry_bundle_carries_the_client(production: Template) -> None:
    with zipfile.ZipFile(production.bundle("telemetry")) as bundle:
        assert bundle.read("functions/telemetry/telemetry.min.js") == telemetry_client(ROOT)


def test_the_edge_has_the_freshness_of_the_options(production: Template, customised: Template) -> None:
    for template, seconds in ((production, 5.0), (customised, 8.0)):
        with zipfile.ZipFile(template.bundle("edge")) as bundle:
            assert json.loads(bundle.read("functions/edge/config.json"))["freshness_seconds"] == seconds


def test_propagation_knows_the_second_cdn_and_where_its_token_is_but_not_the_token(
    production: Template, customised: Template
) -> None:
    def given(template: Template) -> dict[str, str]:
        variables = template.functions()["propagation"]["Properties"]["Environment"]["Variables"]
        return {key: value for key, value in variables.items() if "CLOUDFLARE" in key or "ROOT" in key}

    assert given(production) == {}
    assert given(customised) == {
        "EDGESHIP_CLOUDFLARE_ZONE": "023e105f4ecef8ad9ca31a8372d0c353",
        "EDGESHIP_CLOUDFLARE_URL": "https://widgets.example.org",
        "EDGESHIP_CLOUDFLARE_TOKEN": "secretsmanager:edgeship/production/cloudflare",
        "EDGESHIP_ROOT_WIDGET": "checkout",
    }
    readable = {
        arn
        for statement in customised.role_statements("propagation")
        if "secretsmanager:GetSecretValue" in listed(statement["Action"])
        for arn in listed(statement["Resource"])
    }
    assert readable == {"arn:aws:secretsmanager:us-east-1:123456789012:secret:edgeship/production/cloudflare-*"}


def test_every_rule_has_a_dead_letter_queue_that_takes_its_messages(production: Template) -> None:
    accepted = {
        (queue["Ref"], statement["Condition"]["ArnEquals"]["aws:SourceArn"]["Fn::GetAtt"][0])
        for policy in production.resources("AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "events.amazonaws.com"}
    }
    rules = production.resources("AWS::Events::Rule")
    assert rules
    for key, rule in rules.items():
        for target in rule["Properties"]["Targets"]:
            assert (target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0], key) in accepted


def test_every_function_that_a_rule_invokes_has_an_on_failure_destination_it_may_send_to(production: Template) -> None:
    destinations = {
        config["Properties"]["FunctionName"]["Ref"]: config["Properties"]
        for config in production.resources("AWS::Lambda::EventInvokeConfig").values()
    }
    names = {key: name for name, key in _function_keys(production).items()}
    # Propagation's events wait in a queue, whose dead-letter queue has what keeps failing.
    invoked = {name for name, _ in _rules(production)} - {"propagation"}
    assert {names[key] for key in destinations} == invoked | SCHEDULED.keys()
    for key, config in destinations.items():
        # What the clock starts is started again by it.
        retries, age = (0, 60) if names[key] in SCHEDULED else (2, 21_600)
        assert config["MaximumRetryAttempts"] == retries
        assert config["MaximumEventAgeInSeconds"] == age
        queue = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert any(
            "sqs:SendMessage" in listed(statement["Action"]) and queue in listed(statement["Resource"])
            for statement in production.role_statements(names[key])
        )


def test_moves_wait_in_a_queue_and_a_burst_of_them_takes_five_executions(production: Template) -> None:
    function = production.functions()["propagation"]["Properties"]
    key = function["Environment"]["Variables"]["EDGESHIP_QUEUE_URL"]["Ref"]
    queue = production.resources("AWS::SQS::Queue")[key]["Properties"]
    (mapping,) = (
        each["Properties"]
        for each in production.resources("AWS::Lambda::EventSourceMapping").values()
        if each["Properties"]["EventSourceArn"] == {"Fn::GetAtt": [key, "Arn"]}
    )
    assert (mapping["BatchSize"], mapping["ScalingConfig"]) == (1, {"MaximumConcurrency": 5})
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["FunctionName"]["Ref"] == _function_keys(production)["propagation"]
    # Lambda refuses a queue that hands a message out again while its function may still run.
    assert queue["VisibilityTimeout"] > function["Timeout"]
    attempts = queue["RedrivePolicy"]["maxReceiveCount"]
    assert sum(backoff(attempt, 0.0) for attempt in range(1, attempts + 1)) >= 2 * 3600
    assert attempts * queue["VisibilityTimeout"] < queue["MessageRetentionPeriod"]
    (rule,) = (r["Properties"] for k, r in production.resources("AWS::Events::Rule").items() if k.startswith("Propag"))
    assert [target["Arn"]["Fn::GetAtt"][0] for target in rule["Targets"]] == [key]


def test_every_rule_has_a_sample(production: Template) -> None:
    for name, pattern in _rules(production):
        assert any(_matches(pattern, _sample(file)) for taker, file in SAMPLES if taker == name), (name, pattern)


def test_every_function_is_started_by_what_is_stated_here(production: Template) -> None:
    by_clock = {
        names: rule["Properties"]["ScheduleExpression"]
        for rule in production.resources("AWS::Events::Rule").values()
        if "ScheduleExpression" in rule["Properties"]
        for names in _invoked(production, rule)
    }
    assert by_clock == SCHEDULED
    others = FUNCTION_SETTINGS.keys() - {name for name, _ in SAMPLES} - SCHEDULED.keys()
    assert others == {"telemetry", "notification"}, "they take requests and a queue; the relay takes the stream, too"


def test_a_scheduled_event_that_is_late_is_dropped_for_the_next(production: Template) -> None:
    rules = [r for r in production.resources("AWS::Events::Rule").values() if "EventPattern" not in r["Properties"]]
    assert len(rules) == len(SCHEDULED)
    for rule in rules:
        (target,) = rule["Properties"]["Targets"]
        assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == 60


@pytest.mark.parametrize("type_", EventType)
def test_every_kind_of_event_that_is_written_has_a_sample(type_: EventType) -> None:
    sample = _sample(f"edgeship.{type_.value.lower().replace(' ', '-')}.json")
    assert sample["detail-type"] == type_.value
    assert sample["source"] == SOURCE
    event = Event(type=type_, **sample["detail"])
    assert event.detail() == sample["detail"]


@pytest.mark.parametrize(("name", "file"), SAMPLES)
def test_a_rule_matches_its_sample_and_no_near_miss(name: str, file: str, production: Template) -> None:
    sample = _sample(file)
    (pattern,) = (pattern for taker, pattern in _rules(production) if taker == name and _matches(pattern, sample))
    misses = list(_near_misses(pattern, sample))
    assert misses
    for path, miss in misses:
        assert not _matches(pattern, miss), path


@pytest.mark.parametrize("path", sorted(EVENTS.glob("*.json")), ids=lambda path: path.stem)
def test_no_rule_takes_another_event(path: Path, production: Template) -> None:
    event = json.loads(path.read_text("utf-8"))
    taken_by = {name for name, pattern in _rules(production) if _matches(pattern, event)}
    assert taken_by == {name for name, sample in SAMPLES if sample == path.name}


@pytest.mark.parametrize(
    "key", ["accepted/checkout/1.4.2.tar.gz", "rejected/x", "Incoming/x", "x/incoming/y", "incoming"]
)
def test_uploads_elsewhere_in_the_inbox_wake_nobody(key: str, production: Template) -> None:
    event = _sample("aws.s3.object-created.json")
    event["detail"]["object"]["key"] = key
    assert not any(_matches(pattern, event) for _, pattern in _rules(production))


@pytest.mark.parametrize(
    ("alarm", "state"),
    [
        ("edgeship-production-health-checkout-v1.5.0-error-rate", "OK"),
        ("edgeship-production-health-checkout-v1.5.0-error-rate", "INSUFFICIENT_DATA"),
        ("edgeship-production-Rollback-Errors", "ALARM"),
        ("edgeship-production-2-health-checkout-v1.5.0-error-rate", "ALARM"),
        ("edgeship-staging-health-checkout-v1.5.0-error-rate", "ALARM"),
    ],
)
def test_other_alarms_and_other_states_take_nothing_back(alarm: str, state: str, production: Template) -> None:
    event = _sample("aws.cloudwatch.alarm-state-change.json")
    event["detail"]["alarmName"] = alarm
    event["detail"]["state"]["value"] = state
    assert not any(_matches(pattern, event) for _, pattern in _rules(production))


def test_rules_listen_where_their_events_arrive(production: Template) -> None:
    buses = {
        rule["Properties"]["EventPattern"]["source"][0]: production.resolve(rule["Properties"].get("EventBusName"))
        for rule in production.resources("AWS::Events::Rule").values()
        if "EventPattern" in rule["Properties"]
    }
    assert buses == {"aws.s3": None, "aws.cloudwatch": None, "edgeship": "edgeship-production"}


def test_the_relay_takes_new_outbox_items_and_nothing_else(production: Template) -> None:
    pattern = _stream_filter(production)
    (record,) = _sample("aws.dynamodb.stream.json")["Records"]
    assert _matches(pattern, record)
    misses = list(_near_misses(pattern, record))
    assert len(misses) == 2
    for path, miss in misses:
        assert not _matches(pattern, miss), path
    for name in ("MODIFY", "REMOVE"):
        assert not _matches(pattern, {**record, "eventName": name})


@pytest.mark.parametrize("type_", EventType)
def test_the_relay_takes_every_kind_of_event_that_is_written(type_: EventType, production: Template) -> None:
    written = event_item(
        Event(
            type_,
            "0" * 32,
            "2026-11-23T09:30:01.250Z",
            "production",
            "checkout",
            "me",
            "why",
            None,
            {"version": "1.0.0"},
        )
    )
    record = {"eventName": "INSERT", "dynamodb": {"Keys": {"pk": {"S": written["pk"]}, "sk": {"S": written["sk"]}}}}
    assert _matches(_stream_filter(production), record)


def test_the_stream_is_read_with_bounds(production: Template) -> None:
    mapping = _stream_mapping(production)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 0 < mapping["MaximumRetryAttempts"] <= 10
    assert 0 < mapping["MaximumRecordAgeInSeconds"] <= 86_400
    queue = mapping["DestinationConfig"]["OnFailure"]["Destination"]
    variables = production.functions()["relay"]["Properties"]["Environment"]["Variables"]
    assert variables["EDGESHIP_POISON_QUEUE_URL"] == {"Ref": queue["Fn::GetAtt"][0]}


def _sample(name: str) -> dict[str, Any]:
    sample: dict[str, Any] = json.loads((EVENTS / name).read_text("utf-8"))
    return sample


def _matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return bool(EventPattern.load(json.dumps(pattern)).matches_event(event))


def _function_keys(template: Template) -> dict[str, str]:
    """Logical ids by the name of the function's folder."""
    functions = template.resources("AWS::Lambda::Function")
    return {value["Properties"]["Handler"].split(".")[1]: key for key, value in functions.items()}


def _rules(template: Template) -> list[tuple[str, dict[str, Any]]]:
    """The function that each rule's events reach, through a queue or not, and the rule's pattern. Notifications, which
    take every event, have tests of their own."""
    return [
        (name, template.resolve(rule["Properties"]["EventPattern"]))
        for rule in template.resources("AWS::Events::Rule").values()
        if "EventPattern" in rule["Properties"]
        for name in _invoked(template, rule)
    ]


def _invoked(template: Template, rule: Resource) -> list[str]:
    names = {key: name for name, key in _function_keys(template).items()}
    for mapping in template.resources("AWS::Lambda::EventSourceMapping").values():
        name = names[mapping["Properties"]["FunctionName"]["Ref"]]
        if name != "notification":
            names[mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0]] = name
    targets = (target["Arn"]["Fn::GetAtt"][0] for target in rule["Properties"]["Targets"])
    return [names[key] for key in targets if key in names]


def _stream_mapping(template: Template) -> dict[str, Any]:
    mappings = (m["Properties"] for m in template.resources("AWS::Lambda::EventSourceMapping").values())
    (found,) = (mapping for mapping in mappings if "StartingPosition" in mapping)
    return found


def _stream_filter(template: Template) -> dict[str, Any]:
    (filter_,) = _stream_mapping(template)["FilterCriteria"]["Filters"]
    pattern: dict[str, Any] = json.loads(filter_["Pattern"])
    return pattern


def _near_misses(pattern: dict[str, Any], event: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The event with one of the values that the pattern asks for spoilt, for each of them."""
    for path in _leaves(pattern):
        miss = copy.deepcopy(event)
        holder = miss
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = "-" + holder[path[-1]]
        yield ".".join(path), miss


def _leaves(pattern: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in pattern.items():
        if isinstance(value, dict):
            yield from ((key, *rest) for rest in _leaves(value))
        else:
            yield (key,)
