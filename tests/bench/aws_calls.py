"""Counts the AWS calls of this process."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient

Calls = Counter[str]
"""Calls by their operation."""


def counted(body: Callable[[], object]) -> tuple[Calls, float]:
    """What `body` calls, and how many seconds it takes."""
    calls: Calls = Counter()
    original = BaseClient._make_api_call

    def count(self: BaseClient, operation: str, params: dict[str, Any]) -> Any:
        calls[operation] += 1
        return original(self, operation, params)

    BaseClient._make_api_call = count  # type: ignore[method-assign]
    try:
        began = time.perf_counter()
        body()
        return calls, time.perf_counter() - began
    finally:
        BaseClient._make_api_call = original  # type: ignore[method-assign]
