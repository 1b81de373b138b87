"""docs/conformance.md tells how many cases of each suite pass, and what becomes of the others."""

from __future__ import annotations

import json
from collections import Counter

from tests.conformance.flagd import scenarios as flagd
from tests.conformance.jsonlogic import cases as jsonlogic
from tests.support.repository import ROOT

PAGE = (ROOT / "docs" / "conformance.md").read_text()


def missing(rows: list[tuple[object, ...]]) -> list[str]:
    lines = [
        "| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row) + " |" for row in rows
    ]
    return [line for line in lines if line not in PAGE.splitlines()]


def test_the_counts_of_jsonlogic_are_told() -> None:
    every = list(jsonlogic.cases())
    reasons = Counter(each["reason"] for each in json.loads(jsonlogic.MISMATCHES.read_text()))
    rows: list[tuple[object, ...]] = [("pass", len(every) - reasons.total())]
    assert missing([("cases", len(every)), *rows, *((reason, reasons[reason]) for reason in jsonlogic.REASONS)]) == []


def test_the_counts_of_flagd_are_told() -> None:
    every = list(flagd.scenarios(flagd.HERE / "features"))
    reasons = Counter(flagd.REASONS[each.name] for each in every if each.name in flagd.REASONS)
    rows: list[tuple[object, ...]] = [("pass", len(every) - reasons.total()), *reasons.items()]
    assert missing([("scenarios", len(every)), *rows]) == []


def test_the_counts_of_flagds_providers_are_told() -> None:
    rows: list[tuple[object, ...]] = [("scenarios", sum(flagd.PROVIDERS.values())), *flagd.PROVIDERS.items()]
    assert missing(rows) == []
