"""The router of moving paths in the template: where it runs, what it reads, and who may write that."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest

from edgeship.domain.edge.route_values import FULL_BYTES
from edgeship.domain.telemetry.metrics import NAMESPACE, STORE_BYTES
from tests.infra.template import Template, listed

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

FILLED = "Custom::FilledRouteStore"
FUNCTION, STORE = "AWS::CloudFront::Function", "AWS::CloudFront::KeyValueStore"
MOVING = ("*/latest/*", "*/~*/*")
ROOT_RELEASES = "/v*.*.*/*"
MAX_CODE_BYTES = 10 * 1024
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions"""
UPDATE = "cloudfront-keyvaluestore:UpdateKeys"
WRITES = (UPDATE, "cloudfront-keyvaluestore:PutKey", "cloudfront-keyvaluestore:DeleteKey")


@pytest.fixture(params=["production", "customised", "local"])
def template(request: pytest.FixtureRequest) -> Template:
    found: Template = request.getfixturevalue(request.param)
    return found


def test_the_code_keeps_to_the_limit_and_to_the_newest_runtime(template: Template) -> None:
    functions = template.resources(FUNCTION)
    assert len(functions) == 4
    for function in functions.values():
        properties = function["Properties"]
        assert len(properties["FunctionCode"].encode()) < MAX_CODE_BYTES
        assert properties["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
        assert properties["AutoPublish"] is True


def test_one_store_is_read_by_the_router_and_for_tokens(template: Template) -> None:
    (store,) = template.resources(STORE)
    reading = [
        function["Properties"]["FunctionConfig"]["KeyValueStoreAssociations"]
        for function in template.resources(FUNCTION).values()
        if "KeyValueStoreAssociations" in function["Properties"]["FunctionConfig"]
    ]
    assert reading == [[{"KeyValueStoreARN": {"Fn::GetAtt": [store, "Arn"]}}]] * 2


def test_the_store_is_filled_before_the_distribution_reads_it(template: Template) -> None:
    """Also in an environment from before the router, whose table has widgets already."""
    ((filled, resource),) = template.resources(FILLED).items()
    (distribution,) = template.resources("AWS::CloudFront::Distribution")
    assert filled in template.made_before(distribution)
    timeout = template.functions()["relay"]["Properties"]["Timeout"]
    # A function that dies must not hold the deploy up for an hour, and no deploy asks it when the resource goes.
    assert int(resource["Properties"]["ServiceTimeout"]) >= 2 * timeout
    assert resource["DeletionPolicy"] == "Retain"


def test_the_relay_may_fill_the_store_when_it_is_asked_to(template: Template) -> None:
    (filled,) = template.resources(FILLED)
    role = template.functions()["relay"]["Properties"]["Role"]["Fn::GetAtt"][0]
    policies = {
        key
        for key, policy in template.resources("AWS::IAM::Policy").items()
        if {"Ref": role} in policy["Properties"]["Roles"]
    }
    assert policies
    assert policies | set(template.resources(STORE)) <= template.made_before(filled)


def test_who_reads_a_form_of_the_stores_values_is_there_before_who_writes_it(template: Template) -> None:
    (relay,) = (
        key
        for key, function in template.resources("AWS::Lambda::Function").items()
        if function["Properties"]["Handler"].split(".")[1] == "relay"
    )
    (reading,) = (key for key in template.resources(FUNCTION) if key.startswith("RouterRoute"))
    assert reading in template.made_before(relay)


def test_the_template_puts_nothing_into_the_store(template: Template) -> None:
    """The next deploy would put it there again."""
    (store,) = template.resources(STORE).values()
    assert store["Properties"].keys() <= {"Name", "Comment"}


def test_moving_paths_run_the_router_and_the_headers_function_and_exact_paths_their_own(template: Template) -> None:
    (reading,) = (key for key in template.resources(FUNCTION) if key.startswith("RouterRoute"))
    (exact,) = (key for key in template.resources(FUNCTION) if key.startswith("RouterExact"))
    (token,) = (key for key in template.resources(FUNCTION) if key.startswith("RouterToken"))
    (headers,) = template.resources(FUNCTION).keys() - {reading, exact, token}
    wanted = {
        "viewer-request": {"Fn::GetAtt": [reading, "FunctionARN"]},
        "viewer-response": {"Fn::GetAtt": [headers, "FunctionARN"]},
    }
    found = {
        behavior.get("PathPattern"): {
            each["EventType"]: each["FunctionARN"] for each in behavior["FunctionAssociations"]
        }
        for behavior in _behaviors(template)
        if "FunctionAssociations" in behavior
    }
    assert found.pop("/edgeship/token") == {"viewer-request": {"Fn::GetAtt": [token, "FunctionARN"]}}
    assert found.pop(None) == {"viewer-request": {"Fn::GetAtt": [exact, "FunctionARN"]}}
    assert found.keys() - {ROOT_RELEASES} == set(MOVING)
    assert all(associations == wanted for associations in found.values())


@pytest.mark.parametrize(
    "path",
    [
        "/checkout/latest/widget.js",
        "/checkout/~1/widget.js",
        "/checkout/~1.4/assets/a.js",
        "/latest/widget.js",
        "/~1/x.js",
    ],
)
def test_what_a_moving_path_serves_is_kept_only_as_the_router_says(path: str, template: Template) -> None:
    behavior = _behavior(template, path)
    assert behavior["PathPattern"] in MOVING
    # Of errors, too: the function for responses runs for none of them.
    assert _headers(template, behavior)["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/checkout/v1.2.3/widget.js", "/checkout/v1.2.3-rc.1/assets/a.js", "/favicon.ico"])
def test_exact_paths_read_no_store_and_keep_their_own_cache_control(path: str, template: Template) -> None:
    behavior = _behavior(template, path)
    assert "LambdaFunctionAssociations" not in behavior
    ((event, function),) = ((f["EventType"], f["FunctionARN"]) for f in behavior["FunctionAssociations"])
    assert event == "viewer-request"
    config = template.body["Resources"][function["Fn::GetAtt"][0]]["Properties"]["FunctionConfig"]
    assert "KeyValueStoreAssociations" not in config
    headers = _headers(template, behavior)
    assert "Cache-Control" not in headers
    assert headers["Vary"] == "Accept-Encoding"


def test_a_root_widgets_exact_paths_run_the_router(customised: Template, production: Template) -> None:
    behavior = _behavior(customised, "/v1.2.3/widget.js")
    assert behavior["PathPattern"] == ROOT_RELEASES
    assert len(behavior["FunctionAssociations"]) == 2
    assert "PathPattern" not in _behavior(production, "/v1.2.3/widget.js")


def test_every_behavior_of_files_lets_preflights_through_to_the_origin(template: Template) -> None:
    policies = {
        key: policy["Properties"]["OriginRequestPolicyConfig"]
        for key, policy in template.resources("AWS::CloudFront::OriginRequestPolicy").items()
    }
    others = ("/ofrep/*", "/telemetry", "/edgeship/token")
    files = [each for each in _behaviors(template) if each.get("PathPattern") not in others]
    assert len(files) >= 4
    for behavior in files:
        assert set(behavior["AllowedMethods"]) == {"GET", "HEAD", "OPTIONS"}
        # OPTIONS is never cached: its answer depends on what was asked for.
        assert set(behavior["CachedMethods"]) == {"GET", "HEAD"}
        policy = policies[behavior["OriginRequestPolicyId"]["Ref"]]
        assert set(policy["HeadersConfig"]["Headers"]) == {
            "Access-Control-Request-Method",
            "Access-Control-Request-Headers",
        }
        assert policy["CookiesConfig"] == {"CookieBehavior": "none"}
        assert policy["QueryStringsConfig"] == {"QueryStringBehavior": "none"}


def test_the_relays_role_alone_may_write_the_store(template: Template) -> None:
    (store,) = template.resources(STORE)
    role = template.functions()["relay"]["Properties"]["Role"]["Fn::GetAtt"][0]
    policies = {
        key
        for key, policy in template.resources("AWS::IAM::Policy").items()
        if {"Ref": role} in policy["Properties"]["Roles"]
    }
    writing = {
        (key, str(resource))
        for key, statement in template.statements()
        if statement["Effect"] == "Allow"
        and any(
            fnmatchcase(write.lower(), action.lower()) for action in listed(statement["Action"]) for write in WRITES
        )
        for resource in listed(statement["Resource"])
    }
    assert {key for key, _ in writing} <= policies
    assert {resource for _, resource in writing} == {str({"Fn::GetAtt": [store, "Arn"]})}


def test_the_alarm_goes_off_before_ranges_leave_the_store(template: Template) -> None:
    (alarm,) = (
        each["Properties"]
        for each in template.resources("AWS::CloudWatch::Alarm").values()
        if each["Properties"].get("MetricName") == STORE_BYTES
    )
    assert alarm["Namespace"] == NAMESPACE
    assert [each["Name"] for each in alarm["Dimensions"]] == ["environment"]
    assert alarm["Threshold"] == 4_194_304 < FULL_BYTES
    assert alarm["Unit"] == "Bytes"


def _behaviors(template: Template) -> list[dict[str, Any]]:
    (distribution,) = template.resources("AWS::CloudFront::Distribution").values()
    config = distribution["Properties"]["DistributionConfig"]
    return [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]


def _behavior(template: Template, path: str) -> dict[str, Any]:
    """The first behavior whose pattern matches; `*` crosses `/`, as CloudFront's does."""
    default, *others = _behaviors(template)
    return next((each for each in others if fnmatchcase(path, each["PathPattern"])), default)


def _headers(template: Template, behavior: dict[str, Any]) -> dict[str, str]:
    policy = template.body["Resources"][behavior["ResponseHeadersPolicyId"]["Ref"]]
    items = policy["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    return {item["Header"]: item["Value"] for item in items}


def test_the_relay_comes_after_the_router_that_reads_what_it_writes(template: Template) -> None:
    """In an upgrade: another form of the store's values is written when there is somebody who reads it."""
    relay = template.functions()["relay"]
    assert any(name.startswith("RouterRoute") for name in relay["DependsOn"])
