"""A Lambda function URL as an origin of the local CDN, deployed as a template has it."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from localcloud.cloudfront.distribution import Unsupported
from localcloud.cloudfront.loading import load
from localcloud.cloudfront.local_cloudfront import LocalCloudFront
from localcloud.emulator import Emulator
from localcloud.sandbox import SandboxSession
from tests.localcloud.handmade import ACCOUNT

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud-function-url")]

DOMAIN = "abcdefghijklmnopqrstuvwxyz012345.lambda-url.us-east-1.on.aws"

SOURCE = """
import json

def handler(event, context):
    path = event["rawPath"]
    if path == "/fails":
        raise RuntimeError("no")
    if path == "/beacon":
        return {"statusCode": 204, "headers": {"Cache-Control": "no-store"}, "cookies": ["a=1", "b=2"]}
    if path == "/client.js":
        return {"statusCode": 200, "headers": {"Content-Type": "text/javascript", "Cache-Control": "max-age=60",
                "ETag": '"1"'}, "body": "let x = 1;" * 200}
    return event
"""

CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST_HEADER = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-origin-request-policies.html"""


def _template() -> dict[str, Any]:
    everything = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    behavior = {"TargetOriginId": "function", "ViewerProtocolPolicy": "allow-all", "AllowedMethods": everything}
    uncached = {**behavior, "CachePolicyId": CACHING_DISABLED}
    url = {"Fn::GetAtt": ["Url", "FunctionUrl"]}
    distribution = {
        "Enabled": True,
        "Comment": "",
        "DefaultCacheBehavior": {**uncached, "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST_HEADER},
        "CacheBehaviors": [
            {**uncached, "PathPattern": "/nothing/*"},
            {**uncached, "PathPattern": "/some/*", "OriginRequestPolicyId": {"Ref": "Some"}},
            {**behavior, "PathPattern": "*.js", "Compress": True, "CachePolicyId": {"Ref": "Cached"}},
        ],
        "Origins": [
            {
                "Id": "function",
                "DomainName": {"Fn::Select": [2, {"Fn::Split": ["/", url]}]},
                "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "HTTPPort": 80, "HTTPSPort": 443},
                "OriginCustomHeaders": [{"HeaderName": "x-from-cdn", "HeaderValue": "yes"}],
            }
        ],
    }
    some = {
        "Name": "some",
        "HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": ["Host", "X-Secret"]},
        "CookiesConfig": {"CookieBehavior": "whitelist", "Cookies": ["a"]},
        "QueryStringsConfig": {"QueryStringBehavior": "whitelist", "QueryStrings": ["d"]},
    }
    cached = {
        "Name": "cached",
        "MinTTL": 0,
        "DefaultTTL": 60,
        "MaxTTL": 60,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": True,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
        },
    }
    function = {
        "FunctionName": "behind-url",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": f"arn:aws:iam::{ACCOUNT}:role/handmade",
        "Code": {"ZipFile": SOURCE},
    }
    return {
        "Resources": {
            "Function": {"Type": "AWS::Lambda::Function", "Properties": function},
            "Url": {
                "Type": "AWS::Lambda::Url",
                "Properties": {"AuthType": "AWS_IAM", "TargetFunctionArn": {"Fn::GetAtt": ["Function", "Arn"]}},
            },
            "Some": {"Type": "AWS::CloudFront::OriginRequestPolicy", "Properties": {"OriginRequestPolicyConfig": some}},
            "Cached": {"Type": "AWS::CloudFront::CachePolicy", "Properties": {"CachePolicyConfig": cached}},
            "Distribution": {
                "Type": "AWS::CloudFront::Distribution",
                "Properties": {"DistributionConfig": distribution},
            },
        },
        "Outputs": {"Distribution": {"Value": {"Ref": "Distribution"}}},
    }


@pytest.fixture(scope="module")
def session() -> Iterator[SandboxSession]:
    with Emulator() as emulator:
        yield emulator.session()


@pytest.fixture(scope="module")
def distribution(session: SandboxSession) -> str:
    cloudformation = session.client("cloudformation")
    cloudformation.create_stack(StackName="s", TemplateBody=json.dumps(_template()))
    deadline = time.monotonic() + 60
    while (stack := cloudformation.describe_stacks(StackName="s")["Stacks"][0])["StackStatus"] == "CREATE_IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    return str(stack["Outputs"][0]["OutputValue"])


@pytest.fixture(scope="module")
def url(session: SandboxSession, distribution: str) -> Iterator[str]:
    with LocalCloudFront(session, distribution) as cdn:
        yield cdn.url


def fetch(
    url: str, headers: dict[str, str] | None = None, data: bytes | None = None
) -> tuple[int, dict[str, list[str]], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers or {}), timeout=20) as answer:
            return answer.status, _all(answer.headers), answer.read()
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, _all(answer.headers), answer.read()


def _all(headers: Any) -> dict[str, list[str]]:
    return {name.lower(): headers.get_all(name) for name in headers}


VIEWER = {"X-Secret": "s", "X-Open": "o", "Cookie": "a=1; b=2"}


def seen(url: str, data: bytes | None = None) -> dict[str, Any]:
    status, _, body = fetch(url, VIEWER, data)
    assert status == 200
    return dict(json.loads(body))


def test_all_that_the_viewer_sends_is_forwarded_but_its_host(url: str) -> None:
    event = seen(f"{url}/t/x?d=%7B%22a%22%3A1%7D&e=+2")
    assert (event["rawPath"], event["rawQueryString"]) == ("/t/x", "d=%7B%22a%22%3A1%7D&e=+2")
    assert event["headers"]["host"] == event["requestContext"]["domainName"]
    assert event["headers"]["x-secret"] == "s"
    assert event["headers"]["x-from-cdn"] == "yes"
    assert event["headers"]["x-forwarded-for"] == "127.0.0.1"
    assert event["cookies"] == ["a=1", "b=2"]
    assert "body" not in event


def test_a_body_is_forwarded(url: str) -> None:
    event = seen(f"{url}/t", b"k=v")
    assert event["requestContext"]["http"]["method"] == "POST"
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"k=v", True)


def test_without_an_origin_request_policy_nothing_is_forwarded(url: str) -> None:
    event = seen(f"{url}/nothing/x?d=1")
    assert event["rawQueryString"] == ""
    assert "cookies" not in event
    assert "x-secret" not in event["headers"]
    assert event["headers"]["user-agent"] == "Amazon CloudFront"


def test_an_origin_request_policy_picks(url: str) -> None:
    event = seen(f"{url}/some/x?c=0&d=1&e=2")
    assert event["rawQueryString"] == "d=1"
    assert event["cookies"] == ["a=1"]
    assert "x-secret" not in event["headers"]
    assert event["headers"]["x-open"] == "o"


def test_an_answer_without_a_body(url: str) -> None:
    status, headers, body = fetch(f"{url}/beacon?d=1")
    assert (status, body) == (204, b"")
    assert headers["set-cookie"] == ["a=1", "b=2"]
    assert headers["x-cache"] == ["Miss from cloudfront"]


def test_an_answer_is_cached_as_any(url: str) -> None:
    assert [fetch(f"{url}/client.js")[1]["x-cache"] for _ in range(2)] == [
        ["Miss from cloudfront"],
        ["Hit from cloudfront"],
    ]
    _, headers, _ = fetch(f"{url}/client.js", {"Accept-Encoding": "gzip"})
    assert headers["content-encoding"] == ["gzip"]


def test_a_function_that_fails_is_a_bad_gateway(url: str) -> None:
    status, headers, body = fetch(f"{url}/fails")
    assert status == 502
    assert headers["x-cache"] == ["Error from cloudfront"]
    assert json.loads(body) == {"Message": "Internal Server Error"}


def test_a_url_of_no_function_is_named(session: SandboxSession, distribution: str) -> None:
    cloudfront = session.client("cloudfront")
    config = cloudfront.get_distribution_config(Id=distribution)["DistributionConfig"]
    origin = config["Origins"]["Items"][0]
    origin["DomainName"] = DOMAIN
    other = cloudfront.create_distribution(DistributionConfig={**config, "CallerReference": "other"})
    with pytest.raises(Unsupported, match=f"origin {DOMAIN}: no function"):
        load(session, other["Distribution"]["Id"])
