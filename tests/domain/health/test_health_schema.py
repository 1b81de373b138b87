"""The schema of health pages, against pages."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from edgeship.domain.channels.exposure import exposure_of
from edgeship.domain.health.health_page import last_page, stale_page
from edgeship.domain.telemetry.beacon import Beacon, ReportedError
from tests.support.health_pages import LIVE, NO_ERRORS, NOW, ROLLING, V2, page, periods
from tests.support.json_schema import faults as found_by_the_validator
from tests.support.repository import ROOT

SCHEMA = json.loads((ROOT / "docs" / "schemas" / "health.schema.json").read_text())
SUBJECT = ("checkout", V2)


def faults(document: object) -> list[str]:
    """The validator takes a null for a missing field, so what is required is held by a test of its own."""
    return found_by_the_validator(document, without_required(SCHEMA))


def without_required(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: without_required(part) for key, part in schema.items() if key != "required"}
    return schema


def healthy() -> dict[str, Any]:
    error = ReportedError("boom", 3)
    book = NO_ERRORS.with_beacon(Beacon("checkout", V2, "9f86d081e5a1", 0, errors=(error,)), NOW)
    written = page(periods(400, 400, 400, failed=4, latency=812.5), LIVE, ROLLING, errors=book)
    document: dict[str, Any] = json.loads(json.dumps(written))
    return document


def test_every_kind_of_page_keeps_it() -> None:
    assert not faults(healthy())
    for written in (
        page([]),
        page(periods(3, 4, 2, failed=2)),
        page(periods(400, 400, 400, latency=2500)),
        stale_page("production", SUBJECT, (exposure_of(LIVE, SUBJECT[1]),), None, NO_ERRORS),
        last_page("production", SUBJECT, healthy(), None),
    ):
        assert not faults(json.loads(json.dumps(written)))
    assert not faults({**healthy(), "added_later": 1})


def test_the_documented_page_keeps_it() -> None:
    guide = (ROOT / "docs" / "health.md").read_text()
    document = json.loads(guide.split("```json\n")[1].split("```")[0])
    assert not faults(document)
    assert document.keys() == healthy().keys()


def test_it_describes_every_field() -> None:
    document, parts = healthy(), SCHEMA["properties"]
    assert parts.keys() == set(SCHEMA["required"]) == document.keys()
    metric, metrics = SCHEMA["$defs"]["metric"], parts["metrics"]
    assert metrics["properties"].keys() == set(metrics["required"]) == document["metrics"].keys()
    for schema, part in (
        (parts["analysis"], document["analysis"]),
        (metric, document["metrics"]["sessions"]),
        (parts["top_errors"]["items"], document["top_errors"][0]),
        (parts["channels"]["items"], document["channels"][0]),
    ):
        assert schema["properties"].keys() == set(schema["required"]) == part.keys()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("schema",), 1),
        (("version",), "v1.0.0"),
        (("status",), "fine"),
        (("stale",), "no"),
        (("measured_at",), "yesterday"),
        (("analysis", "health"), "sick"),
        (("metrics", "error_rate", "unit"), "per cent"),
        (("metrics", "sessions", "sample"), -1),
        (("top_errors",), [{"message": "x", "count": 1}] * 6),
        (("top_errors", 0, "count"), 0),
        (("channels", 0, "role"), "canary"),
        (("channels", 0, "percent"), 101),
    ],
)
def test_it_finds_every_fault(place: tuple[str | int, ...], value: object) -> None:
    document = copy.deepcopy(healthy())
    part: Any = document
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    assert faults(document)
