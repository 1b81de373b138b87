"""What of a request tells cached answers apart, and what of it the origin sees. Pure.

CloudFront Developer Guide, understanding-the-cache-key and controlling-origin-requests: what the cache policy selects
is in the key and forwarded; what only the origin request policy selects is forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

from multidict import CIMultiDict

from localcloud.cloudfront.distribution import Behavior, CachePolicy
from localcloud.http.cache import CacheKey
from localcloud.http.exchange import Request

USER_AGENT = "Amazon CloudFront"
VIEWER_ADDRESS = "CloudFront-Viewer-Address"
"""The one of CloudFront's own headers that is imitated; whatever a viewer sends by this name is dropped
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html)."""
_VIEWER_PORT = 443
"""In the place of the viewer's, which nothing here knows."""


def encodings_for(behavior: Behavior, request: Request) -> str:
    """The normalised Accept-Encoding. A range is one of the plain representation, so it accepts none."""
    if "Range" in request.headers:
        return ""
    return accepted_encodings(behavior.cache_policy, request.headers.get("Accept-Encoding", ""))


def key_for(behavior: Behavior, request: Request, encodings: str) -> CacheKey:
    """The key of `request`; requests of any method a behavior caches share it, save OPTIONS."""
    policy = behavior.cache_policy
    variant = [encodings, "OPTIONS" if request.method == "OPTIONS" else ""]
    variant += [f"{n}={','.join(request.headers.getall(n, []))}" for n in sorted(policy.headers.names)]
    cookies = _selected_cookies(request, policy.cookies.selects)
    if cookies:
        variant.append(cookies)
    return CacheKey(request.path, _selected_query(request.query, policy.query.selects), tuple(variant))


def origin_request(behavior: Behavior, request: Request, encodings: str) -> Request:
    """`request` as the origin gets it, without anything that neither policy selects."""
    cached, forwarded = behavior.cache_policy, behavior.origin_request_policy
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers.items():
        lower = name.lower()
        if lower not in _NEVER_FORWARDED and (cached.headers.selects(lower) or forwarded.headers.selects(lower)):
            headers.add(name, value)
    headers.setdefault("User-Agent", USER_AGENT)
    if any(policy.headers.selects(VIEWER_ADDRESS.lower()) for policy in (cached, forwarded)):
        headers[VIEWER_ADDRESS] = f"{request.client_ip}:{_VIEWER_PORT}"
    if encodings:
        headers["Accept-Encoding"] = encodings
    cookies = _selected_cookies(request, lambda n: cached.cookies.selects(n) or forwarded.cookies.selects(n))
    if cookies:
        headers["Cookie"] = cookies
    if request.body and "Content-Type" in request.headers:
        headers["Content-Type"] = request.headers["Content-Type"]
    query = _selected_query(request.query, lambda n: cached.query.selects(n) or forwarded.query.selects(n))
    return Request(request.method, request.path, query, headers, request.body, request.client_ip)


_NEVER_FORWARDED = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "cookie", "keep-alive"}
    | {VIEWER_ADDRESS.lower()}
    | {"if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range", "range", "te", "upgrade"}
)


def _selected_query(query: str, selects: Callable[[str], bool]) -> str:
    # Raw text and the viewer's order: CloudFront tells ?a=1&b=2 from ?b=2&a=1.
    return "&".join(p for p in query.split("&") if p and selects(unquote_plus(p.split("=", 1)[0])))


def _selected_cookies(request: Request, selects: Callable[[str], bool]) -> str:
    pairs = [p.strip() for header in request.headers.getall("Cookie", []) for p in header.split(";")]
    return "; ".join(p for p in pairs if p and selects(p.split("=", 1)[0].strip()))


_QUALITY_ZERO = re.compile(r";\s*q=0(\.0*)?\s*$")


def accepted_encodings(policy: CachePolicy, accept_encoding: str) -> str:
    """The Accept-Encoding that goes into the cache key and to the origin: `br,gzip`, `br`, `gzip` or nothing.

    CloudFront normalises the viewer's header to what the policy enables (Developer Guide, cache-policy-compressed
    objects).
    """
    tokens = [t.strip().lower() for t in accept_encoding.split(",")]
    named = {t.split(";")[0].strip() for t in tokens if not _QUALITY_ZERO.search(t)}
    enabled = (("br", policy.brotli), ("gzip", policy.gzip))
    return ",".join(name for name, on in enabled if on and (name in named or "*" in named))
