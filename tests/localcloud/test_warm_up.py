"""Functions are warmed up by their events; one that fails is named, one that is slow at first is asked again."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from threading import Barrier
from typing import Any

import pytest

from localcloud.warm_up import ATTEMPTS, warm_up

OK: dict[str, Any] = {}
TIMED_OUT = {"errorMessage": "Task timed out after 5.00 seconds", "errorType": "Sandbox.Timedout"}
RAISED = {"errorMessage": "no such table", "errorType": "Runtime.HandlerError"}


@dataclass
class Functions:
    """A session and its client of Lambda: each function gives its answers in turn."""

    answers: dict[str, list[dict[str, Any]]]
    invoked: list[tuple[str, Any]] = field(default_factory=list)

    def client(self, service: str) -> Functions:
        assert service == "lambda"
        return self

    def get_paginator(self, operation: str) -> Functions:
        assert operation == "list_functions"
        return self

    def paginate(self) -> list[Any]:
        return [{"Functions": [{"FunctionName": name}]} for name in self.answers]

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  boto3's names
        self.invoked.append((FunctionName, json.loads(Payload)))
        answer = self.answers[FunctionName].pop(0)
        return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(answer).encode())} if answer else {}


def test_each_function_that_is_deployed_gets_its_event() -> None:
    functions = Functions({"a": [OK], "b": [OK]})
    warm_up(functions, {"a": [{"x": 1}], "b": [[]], "missing": [{}]})  # type: ignore[arg-type]
    assert sorted(functions.invoked, key=str) == [("a", {"x": 1}), ("b", [])]


def test_events_of_one_function_are_sent_at_the_same_time() -> None:
    together = Barrier(2, timeout=10)

    class Waiting(Functions):
        def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  boto3's names
            together.wait()
            return {}

    warm_up(Waiting({"a": [], "b": []}), {"a": [1, 2], "b": [1, 2]})  # type: ignore[arg-type]  # a session in memory
    assert not together.broken


def test_a_slow_cold_start_is_tried_again() -> None:
    functions = Functions({"a": [TIMED_OUT] * (ATTEMPTS - 1) + [OK]})
    warm_up(functions, {"a": [{}]})  # type: ignore[arg-type]
    assert len(functions.invoked) == ATTEMPTS


@pytest.mark.parametrize(("answers", "attempts"), [([RAISED, OK], 1), ([TIMED_OUT] * (ATTEMPTS + 1), ATTEMPTS)])
def test_a_failure_is_named(answers: list[dict[str, Any]], attempts: int) -> None:
    functions = Functions({"a": list(answers)})
    with pytest.raises(RuntimeError, match=f"a fails on a harmless event: .*{answers[0]['errorMessage']}"):
        warm_up(functions, {"a": [{}]})  # type: ignore[arg-type]
    assert len(functions.invoked) == attempts
