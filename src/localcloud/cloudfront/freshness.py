"""How long CloudFront keeps an answer. Pure: the clock is an argument.

Rules of the CloudFront Developer Guide: Expiration (s-maxage, else max-age, else Expires, clamped to the policy's
minimum and maximum; no-store, no-cache and private count only when the minimum is 0), HTTPStatusCodes and
custom-error-pages-expiration (errors are kept for the error caching minimum TTL or, when longer, as their headers say).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from localcloud.cloudfront.distribution import CachePolicy
from localcloud.http.cache import cache_control

_ALWAYS_CACHED_ERRORS = frozenset({404, 410, 414, 500, 501, 502, 503, 504})
_CACHED_ERRORS_IF_TOLD = frozenset({400, 403, 405, 412, 415})


@dataclass(frozen=True)
class Freshness:
    """Whether an answer is stored at all, and for how many seconds it is served unasked."""

    store: bool
    seconds: float


def freshness(
    status: int, headers: Mapping[str, str], policy: CachePolicy, error_min_ttl: float, now: float
) -> Freshness:
    """How long an answer to GET or HEAD is kept; `now` is a Unix time, compared with Expires."""
    directives = cache_control(headers.get("Cache-Control", ""))
    told = _told_seconds(directives, headers, now)
    if status >= 400:
        if status not in _ALWAYS_CACHED_ERRORS and not (status in _CACHED_ERRORS_IF_TOLD and told is not None):
            return Freshness(store=False, seconds=0)
        seconds = max(min(told or 0.0, policy.max_ttl), error_min_ttl)
        return Freshness(store=seconds > 0, seconds=seconds)
    if status == 206 or policy.max_ttl == 0:
        return Freshness(store=False, seconds=0)
    if {"no-store", "private", "no-cache"} & directives.keys():
        if policy.min_ttl > 0:
            return Freshness(store=True, seconds=policy.min_ttl)
        return Freshness(store=directives.keys().isdisjoint({"no-store", "private"}), seconds=0)
    seconds = policy.default_ttl if told is None else told
    return Freshness(store=True, seconds=min(max(seconds, policy.min_ttl), policy.max_ttl))


def may_serve_stale(headers: Mapping[str, str]) -> bool:
    """Whether a stale answer may stand in while the origin fails.

    CloudFront serves what it has when the origin answers 5xx or not at all, unless the object's own Cache-Control
    forbids it (Developer Guide, HTTPStatusCodes; stale-content).
    """
    directives = cache_control(headers.get("Cache-Control", ""))
    forbidden = {"no-cache", "must-revalidate", "proxy-revalidate"} & directives.keys()
    return not forbidden and directives.get("stale-if-error") != "0"


def _told_seconds(directives: Mapping[str, str], headers: Mapping[str, str], now: float) -> float | None:
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdigit():
            return float(directives[name])
    if "Expires" in headers:
        try:
            expires = parsedate_to_datetime(headers["Expires"])
        except ValueError:
            return 0.0  # RFC 9111 5.3: an invalid date, "0" above all, is in the past
        if expires.tzinfo is None:
            expires = expires.replace(tzinfo=UTC)
        return max(0.0, expires.timestamp() - now)
    return None
