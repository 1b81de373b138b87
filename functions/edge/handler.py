"""Lambda@Edge, viewer-request: a moving path becomes the path of the release that it means now.

Whatever goes wrong here, the request goes on as it came, and the origin answers it.
Event: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
"""

from __future__ import annotations

import json
import os
import sys
import time

from edgeship.domain.edge.routing import Rewrite, Unknown, resolve
from functions.edge.config import Config
from functions.edge.http_answer import Answer
from functions.edge.http_get import HttpGetter
from functions.edge.identity import identity_of, track_of
from functions.edge.not_found import not_found
from functions.edge.object_address import address_of
from functions.edge.sigv4 import Credentials, sign_get
from functions.edge.snapshot_source import SnapshotSource

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from edgeship.domain.edge.routing import Routes
    from edgeship.domain.flags.evaluation.compile_flags import Flags


class Edge:
    """Answers requests from a snapshot; `root_widget` is the one whose paths may leave its name out.

    Flags are compiled, and the modules that do it imported, when the first request needs them: most only route.
    """

    def __init__(
        self, source: SnapshotSource, root_widget: str | None, environment: str, now: Callable[[], float]
    ) -> None:
        self._source = source
        self._root_widget = root_widget
        self._environment = environment
        self._now = now
        self._compiled: tuple[Routes, Flags] | None = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """The request to go on with, or the response to send; `request` itself is left alone."""
        if _asks_for_flags(request):
            return self._answer_flags(request)
        outcome = self._resolve(request, urgent=False)
        if isinstance(outcome, Unknown):
            outcome = self._resolve(request, urgent=True)
        if isinstance(outcome, Rewrite):
            return {**request, "uri": outcome.uri}
        return not_found(outcome) if isinstance(outcome, Unknown) else request

    def _resolve(self, request: dict[str, Any], *, urgent: bool) -> Rewrite | Unknown | None:
        routes = self._source.routes(urgent=urgent)

        def choose(flag: str, widget: str, channel: str) -> Any:
            if routes is None:
                return None
            user = identity_of(request)
            context = {"targetingKey": user, "widget": widget, "channel": channel}
            return self._flags(routes).evaluate(flag, context, self._now(), user).value

        def assign(widget: str, channel: str, candidate: str, percent: float) -> bool:
            track = track_of(request)
            if track is not None:
                return track == "candidate"
            if percent <= 0:
                return False
            from edgeship.domain.bucketing import is_in, rollout_salt

            return is_in(identity_of(request), rollout_salt(widget, channel, candidate), percent)

        return resolve(request["uri"], routes, self._root_widget, choose, assign)

    def _answer_flags(self, request: dict[str, Any]) -> dict[str, Any]:
        from functions.edge import ofrep

        routes = self._source.routes()
        return ofrep.answer(request, self._flags(routes) if routes else None, self._now(), identity_of)

    def _flags(self, routes: Routes) -> Flags:
        if self._compiled is None or self._compiled[0] is not routes:
            from edgeship.domain.flags.evaluation.compile_flags import FlagsInvalid, compile_flags

            try:
                compiled = compile_flags(routes.flags, self._environment)
            except FlagsInvalid as invalid:
                log_line(f"no flags: {invalid}")
                compiled = compile_flags(None, self._environment)
            for key, fault in compiled.malformed.items():
                log_line(f"flag {key} is malformed: {fault}")
            self._compiled = (routes, compiled)
        return self._compiled[1]


def build(config: Config, env: Mapping[str, str], now: Callable[[], float], log: Callable[[str], None]) -> Edge:
    """Wire the edge up; the first request that needs the snapshot opens the connection.

    Raises:
        KeyError: `env` has no credentials. ValueError: its endpoint is malformed.
    """
    address = address_of(config.bucket, config.key, config.region, env)
    getter = HttpGetter(address.host, address.port, tls=address.tls, seconds=config.timeout_seconds)
    credentials = Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN"))

    def fetch(etag: str | None) -> Answer:
        headers = {"host": address.authority}
        if etag:
            headers["if-none-match"] = etag
        return getter.get(address.path, sign_get(address.path, headers, credentials, config.region, now()))

    return Edge(SnapshotSource(fetch, now, config.freshness_seconds, log), config.root_widget, config.environment, now)


def log_line(message: str) -> None:
    """Write one JSON line to the function's log."""
    sys.stderr.write(json.dumps({"level": "WARNING", "service": "edge", "message": message}) + "\n")


FLAGS_UNAVAILABLE = {
    "status": "500",
    "statusDescription": "Internal Server Error",
    "headers": {
        name: [{"key": name, "value": value}]
        for name, value in {
            "access-control-allow-origin": "*",
            "access-control-expose-headers": "ETag, Retry-After",
            "cache-control": "no-store",
            "content-type": "application/json; charset=utf-8",
            "retry-after": "5",
        }.items()
    },
    "body": '{"errorDetails": "the flags could not be evaluated"}',
    "bodyEncoding": "text",
}

_edge: Edge | None = None


def _asks_for_flags(request: dict[str, Any]) -> bool:
    # CloudFront normalises a path before it matches it (RFC 3986, section 6), and hands it over as it came: `/%6Ffrep/`
    # is of the behavior for flags, too. That behavior alone lets other methods through, and none may reach the bucket.
    return request["uri"].startswith("/ofrep/") or request["method"] not in ("GET", "HEAD")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda passes it
    """Take a viewer-request event; return its request, rewritten or as it came, or a 404."""
    global _edge
    request: dict[str, Any] = event["Records"][0]["cf"]["request"]
    try:
        if _edge is None:
            _edge = build(Config.read(), os.environ, time.time, log_line)
        return _edge.answer(request)
    except Exception as error:  # noqa: BLE001  an error here would be a 502 for every viewer; S3 still has the file
        if _asks_for_flags(request):
            # There is nothing behind this path to pass through to; clients take it for "keep what you have".
            log_line(f"flags unavailable: {type(error).__name__}: {error}")
            return FLAGS_UNAVAILABLE
        log_line(f"request passed through: {type(error).__name__}: {error}")
        return request
