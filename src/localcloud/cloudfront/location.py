"""One edge location: takes a viewer's request through behavior, edge function, cache, origin and headers policy."""

from __future__ import annotations

import html
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any, Protocol

from multidict import CIMultiDict

from localcloud.cloudfront.behaviors import behavior_for
from localcloud.cloudfront.cache_key import encodings_for, key_for, origin_request
from localcloud.cloudfront.distribution import Behavior, Distribution
from localcloud.cloudfront.functions.event import Context
from localcloud.cloudfront.functions.failure import FunctionFailed
from localcloud.cloudfront.functions.origin_group import OriginGroup
from localcloud.cloudfront.functions.viewer_events import Function as CloudFrontFunction
from localcloud.cloudfront.functions.viewer_events import ViewerEvents
from localcloud.cloudfront.lambda_edge import edge_event
from localcloud.cloudfront.lambda_edge.edge_runtime import EdgeFunctionFailed
from localcloud.cloudfront.origins.failover import FailoverOrigin
from localcloud.cloudfront.origins.fetching import Fetcher, Obtained, Source
from localcloud.http.cache import Stored
from localcloud.http.conditional import Unsatisfiable, not_modified, requested_range
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import Origin, OriginTimedOut, OriginUnavailable

logger = logging.getLogger(__name__)

_NOT_WITH_304 = ("Content-Length", "Content-Encoding", "Content-Type", "Content-Range", "Transfer-Encoding")


class Function(Protocol):
    async def invoke(self, event: dict[str, Any]) -> object: ...


@dataclass(frozen=True)
class _Served:
    """`error` when the origin answered with one, also where a custom error page has taken its place."""

    answer: Answer
    error: bool


class EdgeLocation:
    """Serves one version of a distribution's configuration; a new version is a new location on the same cache.

    HEAD and ranges are answered from the whole object: on a miss the origin is asked for all of it, where CloudFront
    may ask for the headers or a part.
    """

    def __init__(
        self,
        distribution: Distribution,
        origins: Mapping[str, Origin],
        functions: Mapping[str, Function],
        fetcher: Fetcher,
        js_functions: Mapping[str, CloudFrontFunction] | None = None,
    ) -> None:
        """
        Args:
            origins: by the id that behaviors target.
            functions: Lambda@Edge, by the ARN of their version.
            js_functions: CloudFront Functions, by their ARN.
        """
        self._distribution = distribution
        self._origins = origins
        self._functions = functions
        self._fetcher = fetcher
        self._events = ViewerEvents(js_functions or {})

    async def handle(self, viewer: Request) -> Answer:
        """The answer, headers complete. Nothing that an origin or a function does raises."""
        request_id = secrets.token_urlsafe(40)
        if not self._distribution.enabled:
            return _error_page(403, "The distribution is disabled.", Source.ERROR, request_id)
        behavior = behavior_for(self._distribution, viewer.path)
        refusal = _refusal(behavior, viewer)
        if refusal is not None:
            return _error_page(403, refusal, Source.ERROR, request_id)
        if viewer.path == "/" and self._distribution.default_root_object:
            viewer = replace(viewer, path="/" + self._distribution.default_root_object)
        try:
            decided, group = await self._at_viewer_request(behavior, viewer, request_id)
            if isinstance(decided, Answer):
                source = Source.LAMBDA if behavior.request_function is None else Source.FUNCTION
                return _signed(decided, source, request_id)
            served = await self._serve(behavior, decided, self._origin(behavior, group), request_id)
            return await self._at_viewer_response(behavior, viewer, served, request_id)
        except FunctionFailed as error:
            logger.warning("%s %s: %s", viewer.method, viewer.path, error)
            return _error_page(error.status, str(error), error.result, request_id)
        except edge_event.InvalidResult as error:
            logger.warning("%s %s: %s", viewer.method, viewer.path, error)
            return _error_page(502, str(error), Source.LAMBDA_VALIDATION_ERROR, request_id)
        except EdgeFunctionFailed as error:
            logger.warning("%s %s: %s", viewer.method, viewer.path, error)
            return _error_page(503, str(error), Source.LAMBDA_EXECUTION_ERROR, request_id)
        except OriginUnavailable as error:
            return _error_page(502, f"The origin is unavailable: {error}", Source.ERROR, request_id)
        except OriginTimedOut:
            return _error_page(504, "The origin did not answer in time.", Source.ERROR, request_id)

    def _origin(self, behavior: Behavior, group: OriginGroup | None = None) -> Origin:
        if group is None:
            return self._origins[behavior.origin_id]
        for origin in (group.primary, group.secondary):
            if origin not in self._origins:
                raise FunctionFailed(f"createRequestOriginGroup: the distribution has no origin {origin!r}")
        return FailoverOrigin(self._origins[group.primary], self._origins[group.secondary], group.statuses)

    async def _at_viewer_request(
        self, behavior: Behavior, viewer: Request, request_id: str
    ) -> tuple[Request | Answer, OriginGroup | None]:
        if behavior.request_function is not None:
            return await self._events.at_request(behavior.request_function, self._context(request_id), viewer)
        association = behavior.viewer_request
        if association is None:
            return viewer, None
        event = edge_event.build(
            viewer,
            distribution_id=self._distribution.id,
            distribution_domain=self._distribution.domain,
            request_id=request_id,
            include_body=association.include_body,
        )
        result = await self._functions[association.arn].invoke(event)
        return edge_event.interpret(result, viewer, include_body=association.include_body), None

    async def _at_viewer_response(
        self, behavior: Behavior, viewer: Request, served: _Served, request_id: str
    ) -> Answer:
        # Not after an origin's error, nor on a custom error page (edge-function-restrictions-all, lambda-cloudfront-
        # trigger-events). The headers policy has acted by now.
        if behavior.response_function is None or served.error or served.answer.status >= 400:
            return served.answer
        context = self._context(request_id)
        return await self._events.at_response(behavior.response_function, context, viewer, served.answer)

    def _context(self, request_id: str) -> Context:
        return Context(self._distribution.id, self._distribution.domain, request_id)

    async def _serve(self, behavior: Behavior, request: Request, origin: Origin, request_id: str) -> _Served:
        if request.method not in behavior.cached_methods:
            encodings = encodings_for(behavior, request)
            answer = await origin.fetch(origin_request(behavior, request, encodings))
            source = Source.ERROR if answer.status >= 400 else Source.MISS
            self._apply_policy(behavior, answer.headers, request)
            return _Served(_signed(answer, source, request_id), error=answer.status >= 400)
        obtained = await self._obtain(behavior, request, origin)
        status = obtained.answer.status
        error = self._distribution.error(status)
        if status >= 400 and error.page is not None:
            page = replace(request, method="GET", path=error.page, query="")
            of_page = behavior_for(self._distribution, error.page)
            replaced = await self._obtain(of_page, page, self._origin(of_page))
            if replaced.answer.status < 400:
                changed = replace(replaced.answer, status=error.response_code or status)
                obtained = Obtained(changed, Source.ERROR, replaced.stored)
        headers = CIMultiDict(obtained.answer.headers)
        if obtained.stored:
            headers["Age"] = str(obtained.answer.age(self._fetcher.now()))
        self._apply_policy(behavior, headers, request)
        answer = _signed(_for_viewer(obtained.answer, headers, request), obtained.source, request_id)
        return _Served(answer, error=status >= 400)

    async def _obtain(self, behavior: Behavior, request: Request, origin: Origin) -> Obtained:
        encodings = encodings_for(behavior, request)
        asked = origin_request(behavior, request, encodings)
        if asked.method == "HEAD":
            asked = replace(asked, method="GET")
        return await self._fetcher.obtain(
            key_for(behavior, request, encodings),
            behavior,
            origin,
            asked,
            lambda status: self._distribution.error(status).min_ttl,
        )

    def _apply_policy(self, behavior: Behavior, headers: CIMultiDict[str], request: Request) -> None:
        behavior.headers_policy.apply(headers, origin=request.headers.get("Origin", ""), method=request.method)


def _refusal(behavior: Behavior, viewer: Request) -> str | None:
    if viewer.method not in behavior.allowed_methods:
        return (
            "This distribution is not configured to allow the HTTP request method that was used for this request. "
            "The distribution supports only cachable requests."
            if behavior.allowed_methods <= {"GET", "HEAD", "OPTIONS"}
            else "This distribution is not configured to allow the HTTP request method that was used for this request."
        )
    if viewer.method == "GET" and viewer.body:
        return "A GET request must not have a body."
    return None


def _for_viewer(stored: Stored, headers: CIMultiDict[str], request: Request) -> Answer:
    """The part of `stored` that the viewer's conditions leave."""
    if stored.status != 200:
        return Answer(stored.status, headers, stored.body)
    if not_modified(request.headers, headers):
        for name in _NOT_WITH_304:
            headers.popall(name, None)
        return Answer(304, headers)
    length = len(stored.body)
    try:
        part = requested_range(request.headers, headers, length)
    except Unsatisfiable:
        headers["Content-Range"] = f"bytes */{length}"
        return Answer(416, headers)
    if part is None:
        return Answer(200, headers, stored.body)
    headers["Content-Range"] = f"bytes {part.first}-{part.last}/{length}"
    return Answer(206, headers, stored.body[part.first : part.last + 1])


def _signed(answer: Answer, source: str, request_id: str) -> Answer:
    """`answer` with what CloudFront puts on every one."""
    headers = answer.headers
    headers.setdefault("Date", formatdate(usegmt=True))
    headers.setdefault("Server", "CloudFront")
    headers["X-Cache"] = source
    headers["Via"] = f"1.1 {secrets.token_hex(16)}.cloudfront.net (CloudFront)"
    headers["X-Amz-Cf-Pop"] = "LOCAL"
    headers["X-Amz-Cf-Id"] = request_id
    return answer


def _error_page(status: int, explanation: str, source: str, request_id: str) -> Answer:
    body = (
        "<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head><body>"
        f"<h1>{status} ERROR</h1><h2>The request could not be satisfied.</h2><pre>{html.escape(explanation)}</pre>"
        f"<hr><pre>Generated by cloudfront (CloudFront), the local one\nRequest ID: {request_id}</pre></body></html>"
    )
    headers = CIMultiDict({"Content-Type": "text/html"})
    return _signed(Answer(status, headers, body.encode()), source, request_id)
