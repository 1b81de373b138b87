"""CloudFront Functions with a key value store, and preflights of a bucket, deployed as a template has them."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from typing import Any

import pytest

from localcloud.cloudfront.distribution import Unsupported
from localcloud.cloudfront.functions.code import download
from localcloud.cloudfront.loading import load
from localcloud.cloudfront.local_cloudfront import LocalCloudFront
from localcloud.emulator import Emulator
from localcloud.sandbox import SandboxSession

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud-functions")]

BUCKET = "functions-site"
DELAY = 1.0
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html"""

ROUTER = """
import cf from 'cloudfront';
const kvs = cf.kvs();
async function handler(event) {
  const request = event.request;
  const widget = request.uri.split('/')[1];
  try {
    const route = await kvs.get(widget, { format: 'json' });
    request.uri = request.uri.replace('/latest/', '/v' + route.latest + '/');
    return request;
  } catch (error) {
    console.log('no route for', widget);
    return { statusCode: 404, headers: { 'cache-control': { value: 'no-store' } }, body: 'no ' + widget };
  }
}"""
STAMP = """
function handler(event) {
  event.response.headers['x-stamp'] = { value: event.request.uri };
  return event.response;
}"""


def _template() -> dict[str, Any]:
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": CACHING_OPTIMIZED,
        "OriginRequestPolicyId": CORS_S3_ORIGIN,
        "AllowedMethods": ["GET", "HEAD", "OPTIONS"],
    }
    router = {"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": ["Router", "FunctionARN"]}}
    stamp = {"EventType": "viewer-response", "FunctionARN": {"Fn::GetAtt": ["Stamp", "FunctionARN"]}}
    distribution = {
        "Enabled": True,
        "Comment": "",
        "DefaultCacheBehavior": behavior,
        "CacheBehaviors": [{**behavior, "PathPattern": "*/latest/*", "FunctionAssociations": [router, stamp]}],
        "CustomErrorResponses": [{"ErrorCode": 404, "ErrorCachingMinTTL": 0}],
        "Origins": [
            {
                "Id": "site",
                "DomainName": {"Fn::GetAtt": ["Site", "RegionalDomainName"]},
                "S3OriginConfig": {"OriginAccessIdentity": ""},
            }
        ],
    }
    cors = {"AllowedOrigins": ["https://*.example.com"], "AllowedMethods": ["GET"], "AllowedHeaders": ["x-team"]}
    site = {"BucketName": BUCKET, "CorsConfiguration": {"CorsRules": [cors]}}
    return {
        "Resources": {
            "Site": {"Type": "AWS::S3::Bucket", "Properties": site},
            "Routes": {"Type": "AWS::CloudFront::KeyValueStore", "Properties": {"Name": "routes"}},
            "Router": _function("router", ROUTER, {"Fn::GetAtt": ["Routes", "Arn"]}),
            "Stamp": _function("stamp", STAMP),
            "Distribution": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {"DistributionConfig": distribution},
            },
        },
        "Outputs": {
            "Distribution": {"Value": {"Ref": "Distribution"}},
            "Routes": {"Value": {"Fn::GetAtt": ["Routes", "Arn"]}},
        },
    }


def _function(name: str, source: str, store: object = None) -> dict[str, Any]:
    config: dict[str, Any] = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    if store is not None:
        config["KeyValueStoreAssociations"] = [{"KeyValueStoreARN": store}]
    properties = {"Name": name, "AutoPublish": True, "FunctionCode": source, "FunctionConfig": config}
    return {"Type": "AWS::CloudFront::Function", "Properties": properties}


@pytest.fixture(scope="module")
def session() -> Iterator[SandboxSession]:
    with Emulator() as emulator:
        yield emulator.session()


@pytest.fixture(scope="module")
def outputs(session: SandboxSession) -> dict[str, str]:
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(_template()))
    deadline = time.monotonic() + 60
    while (stack := cloudformation.describe_stacks(StackName="s")["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}


@pytest.fixture(scope="module")
def url(session: SandboxSession, outputs: dict[str, str]) -> Iterator[str]:
    for version in ("1.0.0", "1.1.0"):
        session.client("s3").put_object(
            Bucket=BUCKET,
            Key=f"w/v{version}/a.js",
            Body=version.encode(),
            ContentType="text/javascript",
            CacheControl="public, max-age=300",
        )
    route(session, outputs["Routes"], "1.0.0")
    with LocalCloudFront(session, outputs["Distribution"], store_delay_seconds=DELAY) as cdn:
        yield cdn.url


def route(session: SandboxSession, store: str, version: str) -> None:
    client = session.client("cloudfront-keyvaluestore")
    etag = client.describe_key_value_store(KvsARN=store)["ETag"]
    value = json.dumps({"latest": version})
    client.update_keys(KvsARN=store, IfMatch=etag, Puts=[{"Key": "w", "Value": value}])


def get(url: str, method: str = "GET", headers: dict[str, str] | None = None) -> tuple[int, Message, str]:
    request = urllib.request.Request(url, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers, answer.read().decode()


def after(condition: Callable[[], bool], seconds: float = 10) -> float:
    """Seconds until it holds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.02)
    return time.monotonic() - began


def test_a_route_of_the_store_is_served_and_a_new_one_later(
    session: SandboxSession, outputs: dict[str, str], url: str
) -> None:
    status, headers, body = get(f"{url}/w/latest/a.js")
    assert (status, body, headers["X-Stamp"]) == (200, "1.0.0", "/w/latest/a.js")
    route(session, outputs["Routes"], "1.1.0")
    assert after(lambda: get(f"{url}/w/latest/a.js")[2] == "1.1.0") >= DELAY - 0.1
    assert get(f"{url}/w/v1.1.0/a.js")[1]["X-Cache"] == "Hit from cloudfront"


def test_a_generated_response(url: str) -> None:
    status, headers, body = get(f"{url}/nobody/latest/a.js")
    assert (status, body, headers["Cache-Control"]) == (404, "no nobody", "no-store")
    assert headers["X-Cache"] == "FunctionGeneratedResponse from cloudfront"
    assert "X-Stamp" not in headers


def test_a_preflight_is_answered_by_the_buckets_rules(url: str) -> None:
    asked = {"Origin": "https://a.example.com", "Access-Control-Request-Method": "GET"}
    for path in ("/w/latest/a.js", "/w/v1.0.0/a.js"):
        status, headers, _ = get(url + path, "OPTIONS", {**asked, "Access-Control-Request-Headers": "X-Team"})
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://a.example.com")
        assert headers["Access-Control-Allow-Headers"] == "x-team"
        assert headers["X-Cache"] == "Miss from cloudfront"
    assert get(f"{url}/w/v1.0.0/a.js", "OPTIONS", {**asked, "Origin": "https://other.test"})[0] == 403
    assert get(f"{url}/w/v1.0.0/a.js", "OPTIONS")[0] == 400


def test_newly_published_code_takes_the_place_of_the_old(session: SandboxSession, url: str) -> None:
    cloudfront = session.client("cloudfront")
    before = cloudfront.describe_function(Name="stamp", Stage="DEVELOPMENT")
    cloudfront.update_function(
        Name="stamp",
        IfMatch=before["ETag"],
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=STAMP.replace("event.request.uri", "'new'").encode(),
    )
    updated = cloudfront.describe_function(Name="stamp", Stage="DEVELOPMENT")
    cloudfront.publish_function(Name="stamp", IfMatch=updated["ETag"])
    after(lambda: get(f"{url}/w/latest/a.js")[1]["X-Stamp"] == "new")


def test_both_kinds_of_function_at_viewer_events_are_refused(session: SandboxSession, outputs: dict[str, str]) -> None:
    cloudfront = session.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=outputs["Distribution"])["DistributionConfig"]
    function = "arn:aws:lambda:us-east-1:000000000000:function:edge:1"
    for event in ("viewer-request", "viewer-response"):
        associations = {"Quantity": 1, "Items": [{"LambdaFunctionARN": function, "EventType": event}]}
        config["CacheBehaviors"]["Items"][0]["LambdaFunctionAssociations"] = associations
        other = cloudfront.create_distribution(DistributionConfig={**config, "CallerReference": event})
        with pytest.raises(Unsupported, match="Lambda@Edge together at viewer events"):
            load(session, other["Distribution"]["Id"])


@pytest.mark.parametrize(
    ("name", "source", "config", "reason"),
    [
        ("large", "/" * 10_241, {}, "10,241 bytes of code; CloudFront takes 10,240"),
        ("old", "", {"Runtime": "cloudfront-js-1.0"}, "cloudfront-js-1.0"),
    ],
)
def test_functions_that_are_refused(
    session: SandboxSession, name: str, source: str, config: dict[str, str], reason: str
) -> None:
    cloudfront = session.client("cloudfront")
    made = cloudfront.create_function(
        Name=name,
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0", **config},
        FunctionCode=(source or STAMP).encode(),
    )
    cloudfront.publish_function(Name=name, IfMatch=made["ETag"])
    with pytest.raises(Unsupported, match=reason):
        download(cloudfront, made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])
