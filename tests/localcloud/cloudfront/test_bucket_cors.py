import pytest
from multidict import CIMultiDict

from localcloud.cloudfront.bucket_cors import CorsRule, PreflightRefused, cors_headers, preflight_headers

ANY = CorsRule(("*",), ("GET", "HEAD"), ("ETag", "x-amz-meta-version"))
OURS = CorsRule(("https://*.example.com",), ("GET",))


@pytest.mark.parametrize(
    ("rules", "origin", "method", "allowed"),
    [
        ([ANY], "https://a.test", "GET", "*"),
        ([ANY], None, "GET", None),
        ([ANY], "https://a.test", "PUT", None),
        ([], "https://a.test", "GET", None),
        ([OURS], "https://a.example.com", "GET", "https://a.example.com"),
        ([OURS], "https://a.example.org", "GET", None),
        ([OURS, ANY], "https://a.example.org", "GET", "*"),
    ],
)
def test_the_first_rule_that_allows_answers(
    rules: list[CorsRule], origin: str | None, method: str, allowed: str | None
) -> None:
    assert cors_headers(rules, origin, method).get("Access-Control-Allow-Origin") == allowed


def test_exposed_headers_are_named() -> None:
    assert cors_headers([ANY], "https://a.test", "GET")["Access-Control-Expose-Headers"] == "ETag, x-amz-meta-version"
    assert "Access-Control-Expose-Headers" not in cors_headers([OURS], "https://a.example.com", "GET")


CHECKED = CorsRule(("https://*.example.com",), ("GET", "HEAD"), headers=("x-team-*", "Content-Type"), max_age=600)
OPEN = CorsRule(("*",), ("GET",), headers=("*",))


def preflight(origin: str = "https://a.example.com", method: str = "GET", headers: str = "") -> CIMultiDict[str]:
    asked = CIMultiDict({"Origin": origin, "Access-Control-Request-Method": method})
    if headers:
        asked["Access-Control-Request-Headers"] = headers
    return asked


def test_a_preflight_that_a_rule_allows() -> None:
    assert preflight_headers([CHECKED], preflight(headers="X-Team-A, content-type")) == {
        "Access-Control-Allow-Origin": "https://a.example.com",
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": "x-team-a, content-type",
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Max-Age": "600",
        "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    assert preflight_headers([CHECKED, OPEN], preflight(headers="x-other"))["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    ("rules", "asked", "status", "message"),
    [
        ([OPEN], CIMultiDict({"Access-Control-Request-Method": "GET"}), 400, "Origin request header needed"),
        ([OPEN], CIMultiDict({"Origin": "https://a.test"}), 400, "Access-Control-Request-Method"),
        ([], preflight(), 403, "not enabled"),
        ([CHECKED], preflight(origin="https://a.test"), 403, "not allowed"),
        ([CHECKED], preflight(method="PUT"), 403, "not allowed"),
        ([CHECKED], preflight(headers="x-team-a, x-other"), 403, "not allowed"),
    ],
)
def test_a_preflight_that_is_refused(rules: list[CorsRule], asked: CIMultiDict[str], status: int, message: str) -> None:
    with pytest.raises(PreflightRefused, match=message) as refused:
        preflight_headers(rules, asked)
    assert refused.value.status == status
