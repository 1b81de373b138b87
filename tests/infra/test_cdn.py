"""The distribution and its edge function."""

from __future__ import annotations

import json
import zipfile
from fnmatch import fnmatchcase
from typing import Any

import pytest

from edgeship.domain.edge.nearest_region import nearest_copies
from edgeship.settings import parse_copies
from functions.telemetry import handler
from tests.infra.contexts import ACCOUNT, CERTIFICATE, WEB_ACL
from tests.infra.template import Template, listed

COPIES = {region: f"edgeship-production-edge-{region}-{ACCOUNT}" for region in ("eu-west-1", "ap-southeast-1")}

pytestmark = pytest.mark.xdist_group("infra")

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
"""AWS's managed policy
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html)."""


def test_the_edge_function_keeps_to_the_limits_of_a_viewer_function(production: Template) -> None:
    function = production.functions()["edge"]["Properties"]
    assert "Environment" not in function
    assert function["Architectures"] == ["x86_64"]
    assert function["Runtime"] == "python3.13"
    assert function["MemorySize"] <= 128
    assert function["Timeout"] <= 5
    assert not function.keys() & {
        "Layers",
        "VpcConfig",
        "TracingConfig",
        "DeadLetterConfig",
        "KmsKeyArn",
        "ImageConfig",
    }
    assert production.bundle("edge").stat().st_size <= 100 * 1024


def test_the_edge_bundle_carries_its_configuration(customised: Template) -> None:
    with zipfile.ZipFile(customised.bundle("edge")) as bundle:
        assert json.loads(bundle.read("functions/edge/config.json")) == {
            "bucket": f"edgeship-production-config-{ACCOUNT}",
            "region": "us-east-1",
            "freshness_seconds": 8.0,
            "timeout_seconds": 1.0,
            "environment": "production",
            "flags_key": "edge/flags.json.gz",
            "flag_copies": COPIES,
            "nearest": nearest_copies("us-east-1", COPIES),
        }


@pytest.mark.parametrize("stack", ["production", "local"])
def test_without_further_regions_the_edge_reads_home(stack: str, request: pytest.FixtureRequest) -> None:
    with zipfile.ZipFile(request.getfixturevalue(stack).bundle("edge")) as bundle:
        config = json.loads(bundle.read("functions/edge/config.json"))
    assert (config["flag_copies"], config["nearest"]) == ({}, {})


def test_the_edge_logs_json_and_none_of_the_platforms_lines_for_each_request(production: Template) -> None:
    logging = production.functions()["edge"]["Properties"]["LoggingConfig"]
    assert logging == {"LogFormat": "JSON", "SystemLogLevel": "WARN"}, "the function's own lines have the level INFO"


def test_the_edge_may_read_each_copy_of_the_flags(customised: Template) -> None:
    (read,) = (
        listed(statement["Resource"])
        for statement in customised.role_statements("edge")
        if listed(statement["Action"]) == ["s3:GetObject"]
    )
    assert {f"arn:aws:s3:::{bucket}/edge/flags.json.gz" for bucket in COPIES.values()} < set(read)


def test_the_relay_may_write_each_copy_of_the_flags_and_knows_where_they_are(customised: Template) -> None:
    may = {
        (action, customised.arn(resource))
        for statement in customised.role_statements("relay")
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    }
    for bucket in COPIES.values():
        arn = f"arn:aws:s3:::{bucket}"
        assert ("s3:ListBucket", arn) in may
        assert {("s3:GetObject", f"{arn}/edge/flags.json.gz"), ("s3:PutObject", f"{arn}/edge/flags.json.gz")} <= may
    variables = customised.functions()["relay"]["Properties"]["Environment"]["Variables"]
    assert parse_copies(variables["EDGESHIP_EDGE_COPIES"]) == COPIES


@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-1"])
def test_a_copy_has_a_stack_of_its_own_in_its_region_with_a_private_bucket(region: str, customised: Template) -> None:
    copy = Template(customised.folder, f"edgeship-production-edge-{region}")
    assert {resource["Type"] for resource in copy.body["Resources"].values()} == {
        "AWS::S3::Bucket",
        "AWS::S3::BucketPolicy",
    }
    (bucket,) = copy.resources("AWS::S3::Bucket").values()
    assert bucket["Properties"]["BucketName"] == COPIES[region]
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    encryption = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    # With another, the ETag would not be the bytes' MD5, and no copy the same as home.
    assert encryption == [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    assert bucket["DeletionPolicy"] == "RetainExceptOnCreate"
    manifest = json.loads((customised.folder / "manifest.json").read_text("utf-8"))["artifacts"][copy.name]
    assert manifest["environment"] == f"aws://{ACCOUNT}/{region}"
    assert not manifest["properties"].get("terminationProtection"), "it holds a copy"
    assert not [name for name in manifest["dependencies"] if not name.endswith(".assets")], "deployed in any order"


def test_by_default_there_is_one_stack(production: Template, local: Template) -> None:
    for template in (production, local):
        assert [path.name for path in template.folder.glob("*.template.json")] == [template.path.name]


def test_the_edge_bundle_is_our_own_sources_alone(production: Template) -> None:
    names = set(production.bundle_names("edge"))
    assert not [name for name in names if not name.startswith(("functions/", "edgeship/"))]
    assert not [name for name in names if name.startswith(("edgeship/adapters", "edgeship/application"))]


def test_the_edge_may_read_the_flags_and_write_its_logs(production: Template) -> None:
    allowed = {
        action: statement["Resource"] if isinstance(statement["Resource"], str) else sorted(statement["Resource"])
        for statement in production.role_statements("edge")
        for action in listed(statement["Action"])
    }
    logs = f"arn:aws:logs:*:{ACCOUNT}:log-group:/aws/lambda/us-east-1.edgeship-production-edge-*"
    assert allowed == {
        "s3:GetObject": f"arn:aws:s3:::edgeship-production-config-{ACCOUNT}/edge/flags.json.gz",
        "logs:CreateLogGroup": logs,
        "logs:CreateLogStream": logs,
        "logs:PutLogEvents": logs,
    }


def test_the_edge_role_is_for_lambda_and_its_replicator(production: Template) -> None:
    role = production.functions()["edge"]["Properties"]["Role"]["Fn::GetAtt"][0]
    (statement,) = production.resources("AWS::IAM::Role")[role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert set(statement["Principal"]["Service"]) == {"lambda.amazonaws.com", "edgelambda.amazonaws.com"}


def test_an_edge_version_is_kept_and_a_change_of_the_bundle_makes_another(
    production: Template, customised: Template, local: Template
) -> None:
    versions = [template.resources("AWS::Lambda::Version") for template in (production, customised, local)]
    for (version,) in (found.values() for found in versions):
        assert version["DeletionPolicy"] == "Retain"
        assert version["UpdateReplacePolicy"] == "Retain"
    assert versions[0].keys() != versions[1].keys()


def test_the_edge_function_runs_on_flags_alone_in_a_numbered_version(
    production: Template, customised: Template, local: Template
) -> None:
    for template in (production, customised, local):
        (version,) = template.resources("AWS::Lambda::Version")
        found = {
            behavior.get("PathPattern"): behavior["LambdaFunctionAssociations"]
            for behavior in _behaviors(template)
            if "LambdaFunctionAssociations" in behavior
        }
        association = {"EventType": "viewer-request", "LambdaFunctionARN": {"Ref": version}, "IncludeBody": True}
        assert found == {"/ofrep/*": [association]}


def test_flags_take_every_method_and_are_never_cached(production: Template) -> None:
    behavior = _behavior(production, "/ofrep/v1/evaluate/flags")
    assert behavior["PathPattern"] == "/ofrep/*"
    assert {"POST", "OPTIONS"} <= set(behavior["AllowedMethods"])
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert behavior["CachePolicyId"] == CACHING_DISABLED
    assert "ResponseHeadersPolicyId" not in behavior


def test_a_beacon_reaches_its_function_with_its_data_its_address_and_its_agent(production: Template) -> None:
    behavior = _behavior(production, "/telemetry")
    assert set(behavior["AllowedMethods"]) == {"GET", "HEAD"}
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert behavior["CachePolicyId"] == CACHING_DISABLED
    policy = production.body["Resources"][behavior["OriginRequestPolicyId"]["Ref"]]["Properties"]
    config = policy["OriginRequestPolicyConfig"]
    assert config["QueryStringsConfig"] == {"QueryStringBehavior": "whitelist", "QueryStrings": ["d"]}
    assert config["CookiesConfig"] == {"CookieBehavior": "none"}
    assert config["HeadersConfig"] == {
        "HeaderBehavior": "whitelist",
        "Headers": ["CloudFront-Viewer-Address", "User-Agent"],
    }
    headers = _headers_policy(production, behavior)
    assert headers["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
    assert headers["SecurityHeadersConfig"]["ContentTypeOptions"] == {"Override": True}
    assert headers["SecurityHeadersConfig"]["StrictTransportSecurity"]["AccessControlMaxAgeSec"] >= 31_536_000
    assert "Cache-Control" not in _headers(production, behavior), "the function's own no-store stands"


def test_a_token_is_answered_at_the_edge_alone(production: Template) -> None:
    behavior = _behavior(production, "/edgeship/token")
    assert set(behavior["AllowedMethods"]) == {"GET", "HEAD"}
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert behavior["CachePolicyId"] == CACHING_DISABLED
    assert "OriginRequestPolicyId" not in behavior
    ((event, function),) = ((f["EventType"], f["FunctionARN"]) for f in behavior["FunctionAssociations"])
    assert event == "viewer-request"
    assert function["Fn::GetAtt"][0].startswith("RouterToken")
    assert "Cache-Control" not in _headers(production, behavior), "the function's own no-store stands"


def test_the_function_knows_the_paths_that_lead_to_it() -> None:
    from infra.constructs.cdn import distribution as cdn  # its import takes seconds

    assert (handler.BEACON_PATH, handler.CLIENT_PATH) == (cdn.BEACON_PATH, cdn.CLIENT_PATH)


def test_the_beacon_client_is_cached_by_its_path(production: Template) -> None:
    behavior = _behavior(production, "/edgeship/telemetry.js")
    (cache,) = production.resources("AWS::CloudFront::CachePolicy")
    assert behavior["CachePolicyId"] == {"Ref": cache}
    assert "Cache-Control" not in _headers(production, behavior), "the function's own stands"
    assert behavior["TargetOriginId"] == _behavior(production, "/telemetry")["TargetOriginId"]


@pytest.mark.parametrize(
    "path", ["/telemetry/", "/telemetry/latest/x.js", "/edgeship/latest/telemetry.js", "/telemetryx"]
)
def test_no_other_path_reaches_the_telemetry_function(path: str, production: Template) -> None:
    assert _behavior(production, path)["TargetOriginId"] != _behavior(production, "/telemetry")["TargetOriginId"]


def test_the_telemetry_function_answers_this_distribution_alone(production: Template) -> None:
    (origin,) = (o for o in _distribution(production)["Origins"] if "CustomOriginConfig" in o)
    (url,) = production.resources("AWS::Lambda::Url")
    assert origin["DomainName"]["Fn::Select"][1]["Fn::Split"][1] == {"Fn::GetAtt": [url, "FunctionUrl"]}
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    control = production.body["Resources"][origin["OriginAccessControlId"]["Fn::GetAtt"][0]]["Properties"]
    assert control["OriginAccessControlConfig"]["OriginAccessControlOriginType"] == "lambda"
    assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"
    properties = production.resources("AWS::Lambda::Url")[url]["Properties"]
    assert (properties["AuthType"], properties["InvokeMode"]) == ("AWS_IAM", "BUFFERED")
    (distribution,) = production.resources("AWS::CloudFront::Distribution")
    permissions = [
        permission["Properties"]
        for permission in production.resources("AWS::Lambda::Permission").values()
        if permission["Properties"]["Principal"] == "cloudfront.amazonaws.com"
    ]
    # Both: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
    assert {each["Action"] for each in permissions} == {"lambda:InvokeFunctionUrl", "lambda:InvokeFunction"}
    for each in permissions:
        assert each["FunctionName"] == {"Fn::GetAtt": [url, "FunctionArn"]}
        assert {"Ref": distribution} in each["SourceArn"]["Fn::Join"][1]


def test_every_behavior_for_files_redirects_compresses_and_sends_the_headers_of_a_script(production: Template) -> None:
    distribution = _distribution(production)
    others = ("/ofrep/*", "/telemetry", "/edgeship/token")
    files = [behavior for behavior in distribution["CacheBehaviors"] if behavior["PathPattern"] not in others]
    for behavior in (distribution["DefaultCacheBehavior"], *files):
        assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
        assert behavior["Compress"] is True
        policy = _headers_policy(production, behavior)
        assert policy["CorsConfig"]["AccessControlAllowOrigins"] == {"Items": ["*"]}
        assert "x-amz-meta-version" in policy["CorsConfig"]["AccessControlExposeHeaders"]["Items"]
        assert policy["SecurityHeadersConfig"]["ContentTypeOptions"] == {"Override": True}
        headers = _headers(production, behavior)
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert headers["Timing-Allow-Origin"] == "*"


def test_the_cache_has_no_minimum_and_keys_by_path_alone(production: Template) -> None:
    (policy,) = (
        resource["Properties"]["CachePolicyConfig"]
        for resource in production.resources("AWS::CloudFront::CachePolicy").values()
    )
    assert policy["MinTTL"] == 0
    parameters = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert parameters == {
        "CookiesConfig": {"CookieBehavior": "none"},
        "HeadersConfig": {"HeaderBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
        "EnableAcceptEncodingBrotli": True,
        "EnableAcceptEncodingGzip": True,
    }


def test_s3_is_reached_by_origin_access_control_alone_and_never_lists(production: Template) -> None:
    distribution = _distribution(production)
    paths = {o["Id"]: o.get("OriginPath", "") for o in distribution["Origins"] if "S3OriginConfig" in o}
    # The ids are those that functions/router/encoded.js chooses by.
    coded = {f"encoded-{taken}": f"/_encoded/{taken}" for taken in ("br-gzip", "br", "gzip")}
    assert paths == {"site": "", **coded}
    for origin in (origin for origin in distribution["Origins"] if "S3OriginConfig" in origin):
        control = production.body["Resources"][origin["OriginAccessControlId"]["Fn::GetAtt"][0]]["Properties"]
        assert control["OriginAccessControlConfig"]["SigningBehavior"] == "always"
        assert origin["OriginCustomHeaders"] == [{"HeaderName": "Origin", "HeaderValue": "https://edgeship.invalid"}]
        site = origin["DomainName"]["Fn::GetAtt"][0]
    (policy,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in production.resources("AWS::S3::BucketPolicy").values()
        if policy["Properties"]["Bucket"] == {"Ref": site}
    )
    (allowed,) = (statement for statement in policy if statement["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"]["AWS:SourceArn"]
    # ListBucket makes a missing key a 404; the root object keeps / from being a listing.
    assert set(allowed["Action"]) == {"s3:GetObject", "s3:ListBucket"}
    assert distribution["DefaultRootObject"]


def test_a_missing_file_is_forgotten_within_a_second(production: Template) -> None:
    errors = {error["ErrorCode"]: error for error in _distribution(production)["CustomErrorResponses"]}
    assert {code: error["ErrorCachingMinTTL"] for code, error in errors.items()} == {403: 1, 404: 1}


def test_it_speaks_http_2_and_3_and_ipv6_and_logs(production: Template) -> None:
    distribution = _distribution(production)
    assert distribution["HttpVersion"] == "http2and3"
    assert distribution["IPV6Enabled"] is True
    bucket = distribution["Logging"]["Bucket"]["Fn::GetAtt"][0]
    logs = production.body["Resources"][bucket]["Properties"]
    assert logs["BucketName"] == f"edgeship-production-logs-{ACCOUNT}"
    assert logs["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}


def test_options_reach_the_distribution(customised: Template) -> None:
    distribution = _distribution(customised)
    assert distribution["Aliases"] == ["widgets.example.com"]
    assert distribution["ViewerCertificate"] == {
        "AcmCertificateArn": CERTIFICATE,
        "MinimumProtocolVersion": "TLSv1.2_2021",
        "SslSupportMethod": "sni-only",
    }
    assert distribution["Restrictions"]["GeoRestriction"] == {"Locations": ["KP", "SY"], "RestrictionType": "blacklist"}
    assert distribution["PriceClass"] == "PriceClass_100"
    assert distribution["WebACLId"] == WEB_ACL


def _distribution(template: Template) -> dict[str, Any]:
    (distribution,) = template.resources("AWS::CloudFront::Distribution").values()
    config: dict[str, Any] = distribution["Properties"]["DistributionConfig"]
    return config


def _behaviors(template: Template) -> list[dict[str, Any]]:
    distribution = _distribution(template)
    return [distribution["DefaultCacheBehavior"], *distribution["CacheBehaviors"]]


def _behavior(template: Template, path: str) -> dict[str, Any]:
    """The first behavior whose pattern matches; `*` crosses `/`, as CloudFront's does."""
    distribution = _distribution(template)
    for behavior in distribution["CacheBehaviors"]:
        if fnmatchcase(path, behavior["PathPattern"]):
            return dict(behavior)
    return dict(distribution["DefaultCacheBehavior"])


def _headers_policy(template: Template, behavior: dict[str, Any]) -> dict[str, Any]:
    policy = template.body["Resources"][behavior["ResponseHeadersPolicyId"]["Ref"]]
    config: dict[str, Any] = policy["Properties"]["ResponseHeadersPolicyConfig"]
    return config


def _headers(template: Template, behavior: dict[str, Any]) -> dict[str, str]:
    items = _headers_policy(template, behavior)["CustomHeadersConfig"]["Items"]
    assert all(item["Override"] for item in items)
    return {item["Header"]: item["Value"] for item in items}
