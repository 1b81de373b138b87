"""`/telemetry`: what pages report of the widgets in them; `/edgeship/telemetry.js`: what reports it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.adapters.lambda_events.function_url import FunctionUrlRequest
from edgeship.bootstrap.runtime import traced
from edgeship.bootstrap.telemetry import TelemetryFunction, build
from functions.telemetry import client_script

BEACON_PATH = "/telemetry"
CLIENT_PATH = "/edgeship/telemetry.js"

logger = Logger()


def _report(what: str, fault: Exception) -> None:
    logger.error(what, exc_info=fault)


@cache
def _use_case() -> TelemetryFunction:
    return build(os.environ, _report)


@traced
def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer one request. A beacon's answer is always 204: a page can do nothing about what is wrong with it."""
    request = FunctionUrlRequest.model_validate(event)
    logger.set_correlation_id(request.request_context.request_id)
    telemetry = _use_case()
    if request.raw_path == BEACON_PATH:
        telemetry.record(parse_beacon(request.raw_query), request.viewer)
        return _empty(204)
    if request.raw_path == CLIENT_PATH:
        try:
            if_none_match = request.headers.get("if-none-match", "")
            return client_script.answer(telemetry.client_max_age, if_none_match, head=request.method == "HEAD")
        except FileNotFoundError as fault:
            _report("the beacon client is missing in the bundle", fault)
            return _empty(500)
    return _empty(404)


def _empty(status: int) -> dict[str, Any]:
    return {"statusCode": status, "headers": {"cache-control": "no-store", "access-control-allow-origin": "*"}}
