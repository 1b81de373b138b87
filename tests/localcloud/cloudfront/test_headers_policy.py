"""Response headers policies."""

from __future__ import annotations

from typing import Any

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.headers_policy import HeadersPolicy


def cors(**changes: Any) -> dict[str, Any]:
    return {
        "AccessControlAllowOrigins": {"Quantity": 1, "Items": ["*"]},
        "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["x-team"]},
        "AccessControlAllowMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        "AccessControlExposeHeaders": {"Quantity": 2, "Items": ["x-amz-meta-version", "ETag"]},
        "AccessControlAllowCredentials": False,
        "AccessControlMaxAgeSec": 600,
        "OriginOverride": True,
        **changes,
    }


def applied(
    config: dict[str, Any], headers: dict[str, str] | None = None, origin: str = "", method: str = "GET"
) -> dict[str, str]:
    result = CIMultiDict(headers or {})
    HeadersPolicy.from_api(config).apply(result, origin=origin, method=method)
    return dict(result)


def test_an_empty_policy_changes_nothing() -> None:
    assert applied({}, {"A": "1"}, origin="https://x") == {"A": "1"}


def test_cors_headers_go_on_answers_to_cors_requests_only() -> None:
    assert applied({"CorsConfig": cors()}) == {}
    assert applied({"CorsConfig": cors()}, origin="https://shop.example") == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "x-amz-meta-version,ETag",
    }


def test_a_preflight_gets_methods_headers_and_age() -> None:
    answer = applied({"CorsConfig": cors()}, origin="https://shop.example", method="OPTIONS")
    assert answer["Access-Control-Allow-Methods"] == "GET,HEAD"
    assert answer["Access-Control-Allow-Headers"] == "x-team"
    assert answer["Access-Control-Max-Age"] == "600"
    everything = cors(AccessControlAllowMethods={"Items": ["ALL"]})
    answer = applied({"CorsConfig": everything}, origin="https://shop.example", method="OPTIONS")
    assert "PATCH" in answer["Access-Control-Allow-Methods"].split(",")


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ("https://shop.example", "https://shop.example", True),
        ("https://shop.example", "http://shop.example", False),
        ("https://*.shop.example", "https://a.shop.example", True),
        ("*.shop.example", "http://a.shop.example", True),
        ("shop.example", "https://shop.example", True),
        ("shop.example", "https://evilshop.example", False),
    ],
)
def test_only_allowed_origins_are_echoed(allowed: str, origin: str, expected: bool) -> None:
    answer = applied({"CorsConfig": cors(AccessControlAllowOrigins={"Items": [allowed]})}, origin=origin)
    assert answer.get("Access-Control-Allow-Origin") == (origin if expected else None)


def test_override_decides_between_policy_and_origin() -> None:
    items = [
        {"Header": "Cache-Control", "Value": "max-age=300", "Override": True},
        {"Header": "X-Kept", "Value": "policy", "Override": False},
        {"Header": "X-New", "Value": "policy", "Override": False},
    ]
    answer = applied(
        {"CustomHeadersConfig": {"Items": items}, "CorsConfig": cors(OriginOverride=False)},
        {"cache-control": "immutable", "x-kept": "origin", "access-control-allow-origin": "https://origin"},
        origin="https://shop.example",
    )
    lower = {k.lower(): v for k, v in answer.items()}
    assert lower["cache-control"] == "max-age=300"
    assert lower["x-kept"] == "origin"
    assert lower["x-new"] == "policy"
    assert lower["access-control-allow-origin"] == "https://origin"


def test_removed_headers_go_and_may_be_added_anew() -> None:
    config = {
        "RemoveHeadersConfig": {"Items": [{"Header": "server"}, {"Header": "X-Powered-By"}]},
        "CustomHeadersConfig": {"Items": [{"Header": "X-Powered-By", "Value": "care", "Override": False}]},
    }
    assert applied(config, {"Server": "S", "X-Powered-By": "php"}) == {"X-Powered-By": "care"}


def test_security_headers() -> None:
    hsts = {"Override": True, "IncludeSubdomains": True, "Preload": True, "AccessControlMaxAgeSec": 31536000}
    xss = {"Override": True, "Protection": True, "ModeBlock": True}
    config = {
        "SecurityHeadersConfig": {
            "StrictTransportSecurity": hsts,
            "ContentTypeOptions": {"Override": True},
            "FrameOptions": {"Override": True, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "same-origin"},
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
            "XSSProtection": xss,
        }
    }
    assert applied(config) == {
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Content-Security-Policy": "default-src 'self'",
        "X-XSS-Protection": "1; mode=block",
    }
