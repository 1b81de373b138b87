import pytest

from localcloud.cloudfront.bucket_cors import CorsRule, cors_headers

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
