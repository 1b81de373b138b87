"""docs/cli.md, taken apart: the section of each command, and the document it shows."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.support.repository import ROOT

TEXT = (ROOT / "docs" / "cli.md").read_text()


def sections() -> dict[str, str]:
    """What each `## edgeship …` section says, by its heading."""
    parts = re.split(r"^## (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(heading: str) -> dict[str, Any]:
    """The JSON document that a section shows; it must show exactly one."""
    (block,) = re.findall(r"```json\n(.+?)```", sections()[heading], flags=re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found


def shape(value: Any) -> Any:
    """The fields and types of a document. Lists are as their first entry."""
    match value:
        case dict():
            return {name: shape(field) for name, field in value.items()}
        case list():
            return [shape(entry) for entry in value[:1]]
        case float() | int() if not isinstance(value, bool):
            return "number"
        case _:
            return type(value).__name__


def assert_as_documented(actual: dict[str, Any], heading: str) -> None:
    """Every field that the section shows is there, no other is, and their types agree; null agrees with each."""
    _compare(shape(actual), shape(documented(heading)), heading)


def _compare(actual: Any, shown: Any, where: str) -> None:
    if "NoneType" in (actual, shown) or [] in (actual, shown):
        return
    if isinstance(actual, dict) and isinstance(shown, dict):
        assert actual.keys() == shown.keys(), where
        for name in actual:
            _compare(actual[name], shown[name], f"{where}: {name}")
    elif isinstance(actual, list) and isinstance(shown, list):
        _compare(actual[0], shown[0], f"{where}[]")
    else:
        assert actual == shown, where


def documented_error() -> dict[str, Any]:
    """The document that the introduction shows for a failure."""
    (block,) = re.findall(r"```json\n(.+?)```", TEXT.partition("\n## ")[0], flags=re.DOTALL)
    found: dict[str, Any] = json.loads(block)
    return found
