"""Lambda@Edge, viewer-request: a moving path becomes the path of the release that it means now; `/ofrep/` is flags'.

Whatever goes wrong with a path, the request goes on as it came, and the origin answers it.
Event: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html
"""

from __future__ import annotations

import os
import time

from functions.edge.config import Config
from functions.edge.flag_endpoint import UNAVAILABLE, FlagEndpoint, asks_for_flags, build_flags
from functions.edge.log import log_line


def _begin_flags() -> FlagEndpoint | None:
    """Begin to read flags while the function starts. A faulty installation is the first request's to log."""
    try:
        flags = build_flags(Config.read(), os.environ, time.time, log_line)
        flags.begin()
    except Exception:  # noqa: BLE001  an import that fails would be a 502 for paths, too
        return None
    return flags


_flags = _begin_flags()

# Imported while the first read is under way.
from edgeship.domain.edge.routing import Rewrite, Unknown, resolve  # noqa: E402
from functions.edge import ofrep as ofrep  # noqa: E402  with all that evaluates flags
from functions.edge.http_answer import Answer  # noqa: E402
from functions.edge.http_get import HttpGetter  # noqa: E402
from functions.edge.identity import identity_of, track_of  # noqa: E402
from functions.edge.not_found import not_found  # noqa: E402
from functions.edge.object_address import address_of  # noqa: E402
from functions.edge.sigv4 import Credentials, sign_get  # noqa: E402
from functions.edge.snapshot_source import SnapshotSource  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from edgeship.domain.edge.routing import Routes
    from edgeship.domain.flags.evaluation.compile_flags import Flags


class Edge:
    """Routes requests by a snapshot; `root_widget` is the one whose paths may leave its name out.

    The snapshot's flags are compiled when the first request to a channel that a flag routes needs them.
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


_edge: Edge | None = None


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001  Lambda passes it
    """Take a viewer-request event; return its request, rewritten or as it came, or a response."""
    global _edge, _flags
    request: dict[str, Any] = event["Records"][0]["cf"]["request"]
    if asks_for_flags(request):
        try:
            if _flags is None:
                _flags = build_flags(Config.read(), os.environ, time.time, log_line)
            return _flags.answer(request)
        except Exception as error:  # noqa: BLE001  an error here would be a 502
            # There is nothing behind this path to pass through to; clients take it for "keep what you have".
            log_line(f"flags unavailable: {type(error).__name__}: {error}")
            return UNAVAILABLE
    try:
        if _edge is None:
            _edge = build(Config.read(), os.environ, time.time, log_line)
        return _edge.answer(request)
    except Exception as error:  # noqa: BLE001  an error here would be a 502 for every viewer; S3 still has the file
        log_line(f"request passed through: {type(error).__name__}: {error}")
        return request
