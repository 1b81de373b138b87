"""The functions with the environment variables that the template sets."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from functions.artifact_upload import handler as artifact_upload
from functions.notification import handler as notification
from functions.promotion import handler as promotion
from functions.propagation import handler as propagation
from functions.relay import handler as relay
from functions.rollback import handler as rollback
from functions.rollout import handler as rollout
from functions.telemetry import handler as telemetry
from tests.support.moto.aws import Aws
from tests.support.moto.function_env import function_env

MODULES: list[ModuleType] = [
    *(artifact_upload, promotion, rollout, rollback, propagation, relay),
    *(notification, telemetry),
]


@pytest.fixture
def deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    for function in ("artifact_upload", "promotion", "rollout", "rollback", "propagation", "relay"):
        for name, value in function_env(function, aws).items():
            monkeypatch.setenv(name, value)
    _forget()
    yield aws
    _forget()


def _forget() -> None:
    for module in MODULES:
        getattr(module, "_use_cases" if module is relay else "_use_case").cache_clear()


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[dict[str, Any]]]:
    """Reads what the functions have logged so far."""
    stream = io.StringIO()
    for module in MODULES:
        monkeypatch.setattr(module.logger.registered_handler, "stream", stream)
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
