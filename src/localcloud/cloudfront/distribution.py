"""A deployed distribution, read through the CloudFront API into plain values.

What this CDN does not imitate is refused at loading, so that a template never seems to work here and then differs at
AWS: origin-facing Lambda@Edge events, CloudFront Functions, legacy forwarded values, origin groups. Three settings
need a real viewer and are read past: the viewer protocol policy (loopback counts as HTTPS), geo restriction, the WAF.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from botocore.exceptions import ClientError

from localcloud.cloudfront.bucket_cors import CorsRule
from localcloud.cloudfront.headers_policy import HeadersPolicy
from localcloud.sandbox import SandboxSession

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
    """`pattern` is None for the default behavior."""

    pattern: str | None
    origin_id: str
    allowed_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    cached_methods: frozenset[str] = frozenset({"GET", "HEAD"})
    compress: bool = False
    cache_policy: CachePolicy = CachePolicy()
    origin_request_policy: OriginRequestPolicy = OriginRequestPolicy()
    headers_policy: HeadersPolicy = field(default_factory=HeadersPolicy)
    viewer_request: EdgeFunction | None = None


@dataclass(frozen=True)
class S3OriginSettings:
    """`headers` are the origin's custom headers: sent with every request. `cors` is the bucket's configuration."""

    bucket: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    cors: tuple[CorsRule, ...] = ()


@dataclass(frozen=True)
class FunctionUrlOriginSettings:
    """A Lambda function behind its URL's `domain`; `function` is its ARN, with the alias that the URL is of, if any."""

    domain: str
    function: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()


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


def load(session: SandboxSession, distribution_id: str) -> tuple[Distribution, str]:
    """The distribution and the ETag of its configuration, which changes with each update of it.

    Raises:
        Unsupported: it uses a feature that is not imitated; the message names it.
    """
    cloudfront = session.client("cloudfront")
    answer = cloudfront.get_distribution(Id=distribution_id)
    described = answer["Distribution"]
    config = described["DistributionConfig"]
    reader = _Reader(cloudfront)
    if config.get("OriginGroups", {}).get("Quantity"):
        raise Unsupported("origin groups")
    behaviors = [reader.behavior(b, b["PathPattern"]) for b in _items(config.get("CacheBehaviors"))]
    distribution = Distribution(
        id=distribution_id,
        domain=described["DomainName"],
        behaviors=(*behaviors, reader.behavior(config["DefaultCacheBehavior"], None)),
        origins={origin["Id"]: _origin(origin, session) for origin in _items(config["Origins"])},
        errors={int(e["ErrorCode"]): _error_response(e) for e in _items(config.get("CustomErrorResponses"))},
        default_root_object=config.get("DefaultRootObject", ""),
        enabled=config["Enabled"],
    )
    for behavior in distribution.behaviors:
        if behavior.origin_id not in distribution.origins:
            raise Unsupported(f"behavior {behavior.pattern or 'default'} targets unknown origin {behavior.origin_id}")
    return distribution, answer["ETag"]


class _Reader:
    """Reads behaviors, asking for each policy once."""

    def __init__(self, cloudfront: Any) -> None:
        self._cloudfront = cloudfront
        self._cache: dict[str, CachePolicy] = {}
        self._origin_request: dict[str, OriginRequestPolicy] = {}
        self._headers: dict[str, HeadersPolicy] = {}

    def behavior(self, config: Mapping[str, Any], pattern: str | None) -> Behavior:
        where = f"behavior {pattern or 'default'}"
        if _items(config.get("FunctionAssociations")):
            raise Unsupported(f"{where}: CloudFront Functions")
        if not config.get("CachePolicyId"):
            raise Unsupported(f"{where}: forwarded values instead of a cache policy")
        functions = _items(config.get("LambdaFunctionAssociations"))
        for function in functions:
            if function["EventType"] != "viewer-request":
                raise Unsupported(f"{where}: Lambda@Edge at {function['EventType']}")
        methods = config.get("AllowedMethods", {})
        return Behavior(
            pattern=pattern,
            origin_id=config["TargetOriginId"],
            allowed_methods=frozenset(methods.get("Items", ("GET", "HEAD"))),
            cached_methods=frozenset(methods.get("CachedMethods", {}).get("Items", ("GET", "HEAD"))),
            compress=config.get("Compress", False),
            cache_policy=self._cache_policy(config["CachePolicyId"]),
            origin_request_policy=self._origin_request_policy(config.get("OriginRequestPolicyId")),
            headers_policy=self._headers_policy(config.get("ResponseHeadersPolicyId")),
            viewer_request=next(
                (EdgeFunction(f["LambdaFunctionARN"], f.get("IncludeBody", False)) for f in functions), None
            ),
        )

    def _cache_policy(self, policy_id: str) -> CachePolicy:
        if policy_id not in self._cache:
            config = self._cloudfront.get_cache_policy(Id=policy_id)["CachePolicy"]["CachePolicyConfig"]
            key = config.get("ParametersInCacheKeyAndForwardedToOrigin", {})
            self._cache[policy_id] = CachePolicy(
                min_ttl=config["MinTTL"],
                default_ttl=config.get("DefaultTTL", 86_400),
                max_ttl=config.get("MaxTTL", 31_536_000),
                headers=_selection(key.get("HeadersConfig", {}), "HeaderBehavior", "Headers", lower=True),
                cookies=_selection(key.get("CookiesConfig", {}), "CookieBehavior", "Cookies"),
                query=_selection(key.get("QueryStringsConfig", {}), "QueryStringBehavior", "QueryStrings"),
                gzip=key.get("EnableAcceptEncodingGzip", False),
                brotli=key.get("EnableAcceptEncodingBrotli", False),
            )
        return self._cache[policy_id]

    def _origin_request_policy(self, policy_id: str | None) -> OriginRequestPolicy:
        if not policy_id:
            return OriginRequestPolicy()
        if policy_id not in self._origin_request:
            answer = self._cloudfront.get_origin_request_policy(Id=policy_id)
            config = answer["OriginRequestPolicy"]["OriginRequestPolicyConfig"]
            self._origin_request[policy_id] = OriginRequestPolicy(
                headers=_selection(config["HeadersConfig"], "HeaderBehavior", "Headers", lower=True),
                cookies=_selection(config["CookiesConfig"], "CookieBehavior", "Cookies"),
                query=_selection(config["QueryStringsConfig"], "QueryStringBehavior", "QueryStrings"),
            )
        return self._origin_request[policy_id]

    def _headers_policy(self, policy_id: str | None) -> HeadersPolicy:
        if not policy_id:
            return HeadersPolicy()
        if policy_id not in self._headers:
            answer = self._cloudfront.get_response_headers_policy(Id=policy_id)
            self._headers[policy_id] = HeadersPolicy.from_api(
                answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
            )
        return self._headers[policy_id]


def _selection(config: Mapping[str, Any], behavior: str, names: str, *, lower: bool = False) -> Selection:
    kind = config.get(behavior, "none")
    if kind in ("allViewer", "allViewerAndWhitelistCloudFront"):
        kind = "all"
    items: Iterable[str] = _items(config.get(names))
    return Selection(kind, frozenset(n.lower() for n in items) if lower else frozenset(items))


def _origin(config: Mapping[str, Any], session: SandboxSession) -> OriginSettings:
    path = config.get("OriginPath", "")
    domain: str = config["DomainName"]
    headers = tuple((h["HeaderName"], h["HeaderValue"]) for h in _items(config.get("CustomHeaders")))
    if "S3OriginConfig" in config:
        # bucket.s3.region.amazonaws.com or bucket.s3.amazonaws.com; a bucket's name may itself hold ".s3".
        bucket = domain.rsplit(".s3", 1)[0]
        return S3OriginSettings(bucket=bucket, path=path, headers=headers, cors=_cors(bucket, session))
    if ".lambda-url." in domain:
        return FunctionUrlOriginSettings(domain, _function_of(domain, session), path, headers)
    return HttpOriginSettings(domain=domain, path=path)


def _function_of(domain: str, session: SandboxSession) -> str:
    """The ARN of the function whose URL has this `<id>.lambda-url.<region>.on.aws`."""
    functions = session.client("lambda")
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            for url in functions.list_function_url_configs(FunctionName=function["FunctionName"])["FunctionUrlConfigs"]:
                if url["FunctionUrl"].split("/")[2] == domain:
                    return str(url["FunctionArn"])
    raise Unsupported(f"origin {domain}: no function has this URL")


def _cors(bucket: str, session: SandboxSession) -> tuple[CorsRule, ...]:
    try:
        rules = session.client("s3").get_bucket_cors(Bucket=bucket)["CORSRules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchCORSConfiguration":
            raise
        return ()
    return tuple(
        CorsRule(tuple(r["AllowedOrigins"]), tuple(r["AllowedMethods"]), tuple(r.get("ExposeHeaders", ())))
        for r in rules
    )


def _error_response(config: Mapping[str, Any]) -> ErrorResponse:
    code = config.get("ResponseCode")
    return ErrorResponse(
        min_ttl=float(config.get("ErrorCachingMinTTL", DEFAULT_ERROR_TTL)),
        page=config.get("ResponsePagePath") or None,
        response_code=int(code) if code else None,
    )


def _items(listed: Mapping[str, Any] | None) -> list[Any]:
    """The items of CloudFront's `{"Quantity", "Items"}`, which leaves Items out when there are none."""
    return list((listed or {}).get("Items", ()))
