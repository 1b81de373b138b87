"""The clock, the pause, the client configuration and the tracer that every function uses."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any

from botocore.config import Config

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def traced(handler: Handler) -> Handler:
    """`handler` with Powertools' tracer around it, if the stack has the option `tracing`."""

    # Imported only then: even when disabled, the tracer loads the X-Ray SDK (270 ms of a cold start, 340 KB).
    @cache
    def chosen() -> Handler:
        from edgeship.settings import TRACING  # pydantic with it, which the command line needs seldom

        if os.environ.get(TRACING) != "true":
            return handler
        from aws_lambda_powertools import Tracer

        around: Handler = Tracer(patch_modules=["botocore"]).capture_lambda_handler(handler, capture_response=False)
        return around

    @wraps(handler)
    def run(event: dict[str, Any], context: object) -> dict[str, Any]:
        return chosen()(event, context)

    return run


def utc_now() -> datetime:
    return datetime.now(UTC)


def jittered_pause(attempt: int) -> None:
    """Full jitter up to 20 ms, 40 ms, … 640 ms: writers that collide do not collide again in step."""
    time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt - 1, 5)))  # noqa: S311  not for cryptography


def rescue_config() -> Config:
    """For what a move asks without needing the answer: a question costs at most some 7 seconds."""
    return _config(read_seconds=2, attempts=2)


def client_config(connections: int = 10) -> Config:
    """Of a function's clients. A call ends within 15 seconds, half of what a rollback has: where one hangs, there is
    time left to do without its answer, or to say so."""
    return _config(read_seconds=3, attempts=3, connections=connections)


def slow_config() -> Config:
    """For calls that may take seconds anyway: metrics of hundreds of releases, updates of the edge's store."""
    return _config(read_seconds=10, attempts=2)


def transfer_config(connections: int = 10) -> Config:
    """For large objects, which S3 is long about, in functions that have minutes."""
    return _config(read_seconds=30, attempts=3, connections=connections)


def operator_config() -> Config:
    """For a person who waits, over any network."""
    return Config(retries={"mode": "standard", "total_max_attempts": 5}, connect_timeout=5, read_timeout=30)


def _config(*, read_seconds: int, attempts: int, connections: int = 10) -> Config:
    return Config(
        retries={"mode": "standard", "total_max_attempts": attempts},
        connect_timeout=1,
        read_timeout=read_seconds,
        max_pool_connections=connections,
    )
