"""The clock, the pause and the client configuration that every composition uses."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

from botocore.config import Config


def utc_now() -> datetime:
    return datetime.now(UTC)


def jittered_pause(attempt: int) -> None:
    """Full jitter up to 20 ms, 40 ms, … 640 ms: writers that collide do not collide again in step."""
    time.sleep(random.uniform(0, 0.02 * 2 ** min(attempt - 1, 5)))  # noqa: S311  not for cryptography


def client_config(connections: int = 10) -> Config:
    return Config(
        retries={"mode": "standard", "max_attempts": 5},
        connect_timeout=5,
        read_timeout=30,
        max_pool_connections=connections,
    )
