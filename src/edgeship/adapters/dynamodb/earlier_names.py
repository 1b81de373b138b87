"""The names that earlier versions of edgeship stored, read as the names of today.

An upgraded environment keeps its records and its history: nothing stored is rewritten, and every record is written with
today's names when it next changes. Names that are not listed here have never been others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_HEALTH = {"well": "healthy", "breach": "unhealthy", "suspect": "degraded", "no_data": "inconclusive"}
_WHERE = {"alias": "latest_copies"}

Document = Mapping[str, Any]


def verification_text(item: Document) -> str | None:
    """The JSON of a deployment's verification, which was the attribute `verdict`; None before there is one."""
    text: str | None = item.get("verification", item.get("verdict"))
    return text


def verification(document: Document) -> dict[str, Any]:
    """`differences` were what `mismatches` are, and `alias` was where the latest copies are."""
    current = dict(document)
    if "differences" in current:
        current["mismatches"] = [
            {**each, "where": _WHERE.get(each["where"], each["where"])} for each in current.pop("differences")
        ]
    return current


def policy(document: Document) -> dict[str, Any]:
    """`no_data` was what `on_inconclusive` is."""
    return _renamed(document, {"no_data": "on_inconclusive"})


def event_summary(summary: Document | None) -> dict[str, Any] | None:
    """The `old` or `new` of an event: `measured` was its `analysis`, with other values of `health`."""
    if not isinstance(summary, Mapping):
        return summary
    current = _renamed(verification(policy(summary)), {"measured": "analysis"})
    analysis = current.get("analysis")
    if isinstance(analysis, Mapping) and "health" in analysis:
        current["analysis"] = {**analysis, "health": _HEALTH.get(analysis["health"], analysis["health"])}
    return current


def _renamed(document: Document, names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in document.items()}
