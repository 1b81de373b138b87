"""A deployed distribution as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from localcloud.cloudfront.bucket_cors import CorsRule
from localcloud.cloudfront.headers_policy import HeadersPolicy

DEFAULT_ERROR_TTL = 10.0
"""Seconds; "Error Caching Minimum TTL" when none is set (CloudFront Developer Guide, custom-error-pages-expiration)."""


class Unsupported(ValueError):
    """The distribution uses a feature that the local CDN does not imitate."""


@dataclass(frozen=True)
class Selection:
    """Which cookies, query strings or headers count."""

    kind: Literal["none", "whitelist", "allExcept", "all"] = "none"
    names: frozenset[str] = frozenset()

    def selects(self, name: str) -> bool:
        if self.kind == "whitelist":
            return name in self.names
        if self.kind == "allExcept":
            return name not in self.names
        return self.kind == "all"


@dataclass(frozen=True)
class CachePolicy:
    """TTLs are seconds; header names are lower case."""

    min_ttl: float = 0
    default_ttl: float = 86_400
    max_ttl: float = 31_536_000
    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()
    gzip: bool = False
    brotli: bool = False


@dataclass(frozen=True)
class OriginRequestPolicy:
    """What is forwarded beyond the cache key; header names are lower case."""

    headers: Selection = Selection()
    cookies: Selection = Selection()
    query: Selection = Selection()


@dataclass(frozen=True)
class EdgeFunction:
    """A viewer-request Lambda@Edge association; `arn` names a numbered version."""

    arn: str
    include_body: bool = False


@dataclass(frozen=True)
class Behavior:
    """`pattern` is None for the default behavior. `request_function` and `response_function` are the ARNs of the
    CloudFront Functions at viewer-request and viewer-response; with one of them there is no Lambda@Edge."""

    pattern: str | None
    origin_id: str
    allowed_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cached_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    compress: bool = False
    cache_policy: CachePolicy = CachePolicy()
    origin_request_policy: OriginRequestPolicy = OriginRequestPolicy()
    headers_policy: HeadersPolicy = field(default_factory=HeadersPolicy)
    viewer_request: EdgeFunction | None = None
    request_function: str | None = None
    response_function: str | None = None


@dataclass(frozen=True)
class S3OriginSettings:
    """`headers` are the origin's custom headers: sent with every request. `cors` is the bucket's configuration."""

    bucket: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    cors: tuple[CorsRule, ...] = ()


@dataclass(frozen=True)
class FunctionUrlOriginSettings:
    """A Lambda function behind its URL's `domain`; `function` is its ARN, with the alias that the URL is of, if any.
    `signed`: by an origin access control."""

    domain: str
    function: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    signed: bool = False


@dataclass(frozen=True)
class HttpOriginSettings:
    """An origin named by any other host."""

    domain: str
    path: str = ""


OriginSettings = S3OriginSettings | FunctionUrlOriginSettings | HttpOriginSettings


@dataclass(frozen=True)
class ErrorResponse:
    """A custom error response: seconds that the error is cached at least, and the page that replaces it, if any."""

    min_ttl: float = DEFAULT_ERROR_TTL
    page: str | None = None
    response_code: int | None = None


@dataclass(frozen=True)
class Distribution:
    """`behaviors` are in the order they are tried; the default is the last and matches everything."""

    id: str
    domain: str
    behaviors: tuple[Behavior, ...]
    origins: Mapping[str, OriginSettings]
    errors: Mapping[int, ErrorResponse]
    default_root_object: str = ""
    enabled: bool = True

    def error(self, status: int) -> ErrorResponse:
        return self.errors.get(status, ErrorResponse())
