"""Reads a deployed distribution through the CloudFront API.

What this CDN does not imitate is refused here, so that a template never seems to work locally and then differs at AWS:
origin-facing Lambda@Edge events, legacy forwarded values, origin groups. Three settings need a real viewer and are
read past: the viewer protocol policy (loopback counts as HTTPS), geo restriction, the WAF.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localcloud.cloudfront.bucket_cors import CorsRule
from localcloud.cloudfront.distribution import (
    DEFAULT_ERROR_TTL,
    Behavior,
    CachePolicy,
    Distribution,
    EdgeFunction,
    ErrorResponse,
    FunctionUrlOriginSettings,
    HttpOriginSettings,
    OriginRequestPolicy,
    OriginSettings,
    S3OriginSettings,
    Selection,
    Unsupported,
)
from localcloud.cloudfront.headers_policy import HeadersPolicy
from localcloud.sandbox import SandboxSession


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
        if not config.get("CachePolicyId"):
            raise Unsupported(f"{where}: forwarded values instead of a cache policy")
        lambdas, functions = _edge_functions(config, where)
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
            viewer_request=lambdas,
            request_function=functions.get("viewer-request"),
            response_function=functions.get("viewer-response"),
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


def _edge_functions(config: Mapping[str, Any], where: str) -> tuple[EdgeFunction | None, dict[str, str]]:
    """A behavior's Lambda@Edge at viewer-request, if any, and its CloudFront Functions by event type."""
    lambdas = _items(config.get("LambdaFunctionAssociations"))
    functions = {f["EventType"]: f["FunctionARN"] for f in _items(config.get("FunctionAssociations"))}
    for function in lambdas:
        if functions and function["EventType"].startswith("viewer-"):
            # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
            raise Unsupported(
                f"{where}: CloudFront refuses CloudFront Functions and Lambda@Edge together at viewer events"
            )
        if function["EventType"] != "viewer-request":
            raise Unsupported(f"{where}: Lambda@Edge at {function['EventType']}")
    found = next((EdgeFunction(f["LambdaFunctionARN"], f.get("IncludeBody", False)) for f in lambdas), None)
    return found, functions


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
        signed = bool(config.get("OriginAccessControlId"))
        return FunctionUrlOriginSettings(domain, _function_of(domain, session), path, headers, signed)
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
        CorsRule(
            origins=tuple(r["AllowedOrigins"]),
            methods=tuple(r["AllowedMethods"]),
            exposed=tuple(r.get("ExposeHeaders", ())),
            headers=tuple(r.get("AllowedHeaders", ())),
            max_age=r.get("MaxAgeSeconds"),
        )
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
