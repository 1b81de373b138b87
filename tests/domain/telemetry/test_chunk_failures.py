"""Messages of browsers and bundlers about parts of a release that did not load."""

from __future__ import annotations

import pytest

from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from edgeship.domain.telemetry.chunk_failures import chunk_failures, is_chunk_failure
from edgeship.domain.telemetry.metrics import Metric
from edgeship.domain.version import Version

EXACT = "https://cdn.example/checkout/v1.4.2/assets/pay-1a2b.js"
CHROMIUM = f"TypeError: Failed to fetch dynamically imported module: {EXACT}"
WEBPACK = f"ChunkLoadError: Loading chunk 417 failed.\n(error: {EXACT})"
ELEMENT = "failed to load v1.4.2/assets/pay-1a2b.js"


@pytest.mark.parametrize(
    "message",
    [
        ELEMENT,
        "failed to load https://other.example/checkout/v1.4.2-rc.1/style.css",
        CHROMIUM,
        f"TypeError: error loading dynamically imported module: {EXACT}",
        "TypeError: Importing a module script failed.",
        WEBPACK,
        "ChunkLoadError: Loading chunk lazy_js failed.",
        "Error: Loading CSS chunk 417 failed.\n(https://cdn.example/checkout/v1.4.2/417.css)",
        "Error: Unable to preload CSS for /checkout/v1.4.2/assets/pay.css",
        "TypeError: Failed to execute 'compile' on 'WebAssembly': HTTP status code is not ok",
        "TypeError: WebAssembly: Response has unsupported MIME type 'text/plain' expected 'application/wasm'",
    ],
)
def test_parts_of_the_release(message: str) -> None:
    assert is_chunk_failure("checkout", message)


@pytest.mark.parametrize(
    "message",
    [
        "failed to load latest/widget.js",
        "failed to load https://cdn.example/latest/widget.js",
        "Error: failed to load v1.4.2/cart.js",
        "TypeError: Failed to fetch",
        "TypeError: Failed to fetch dynamically imported module: https://maps.example/v1.4.2/map.js",
        "TypeError: Failed to fetch dynamically imported module: https://cdn.example/bubble/v1.4.2/map.js",
        "TypeError: Failed to fetch dynamically imported module: https://cdn.example/checkout/latest/pay.js",
        "Error: order 4 is lost",
    ],
)
def test_everything_else(message: str) -> None:
    assert not is_chunk_failure("checkout", message)


def test_a_loader_that_throws_after_its_element_failed_once() -> None:
    assert chunk_failures("checkout", [(ELEMENT, 1), (WEBPACK, 1), ("Error: x", 9)]) == 1
    assert chunk_failures("checkout", [(ELEMENT, 2), (CHROMIUM, 3)]) == 3
    assert chunk_failures("checkout", []) == 0


@pytest.mark.parametrize(
    ("messages", "fails", "chunks", "by_chunks"),
    [
        ([ELEMENT, WEBPACK], True, 1, 1),
        ([ELEMENT, "Error: no price"], True, 1, 0),
        ([ELEMENT], False, 1, 0),
        (["Error: no price"], True, 0, 0),
    ],
)
def test_what_a_beacon_counts(messages: list[str], fails: bool, chunks: int, by_chunks: int) -> None:
    errors = tuple(ReportedError(message, 1) for message in messages)
    values = Beacon("checkout", Version.parse("1.4.2"), "0" * 16, 1, False, fails, errors).metric_values()
    assert values.get(Metric.CHUNK_FAILURES, 0) == chunks
    assert values.get(Metric.CHUNK_FAILED_SESSIONS, 0) == by_chunks
    assert values.get(Metric.FAILED_SESSIONS, 0) == fails
