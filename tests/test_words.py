"""What users read is in the field's words: documents, help, output, errors, events, notifications, alarms and schemas.

The words are those of Argo Rollouts, Flagger, CloudFront and CloudWatch, in plain English.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from edgeship.cli.main import app
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import EventType
from edgeship.domain.notifications.notice import notice_of
from edgeship.domain.version import Version
from tests.support.event_samples import sample
from tests.support.repository import EVENTS, ROOT

SAY_INSTEAD = (
    (r"ill", "unhealthy"),
    (r"(?<!as )(?<!\.)well(?!-formed| formed|-known)", "healthy"),
    (r"suspect", "degraded"),
    (r"no[ _]data", "inconclusive"),
    (r"(take|takes|taken|taking|took)( [\w`-]+){0,4} back", "roll back, rolled back"),
    (r"(go|goes|going|gone|went)(_| )back", "roll back; return"),
    (r"barred", "quarantined"),
    (r"tell|tells|telling|told", "notify, say, report"),
    (r"mend|mends|mended", "fix"),
    (r"fare|fares", "performs"),
    (r"by (itself|themselves)", "automatic, automatically"),
    (r"look|looks|looked|looking", "probe, check, verify, read"),
    (r"wrong", "mismatch; not valid"),
    (r"differences?", "mismatch"),
    (r"alias|aliases", "latest copies"),
    (r"(?<!rollback )(?<!rollback[_-])(?<!calendar )windows?", "datapoint; rollback window, calendar window"),
    (r"measure|measures|measured|measurements?", "metric, datapoint, analysis"),
    (r"verdicts?", "analysis, verification"),
    (r"deeds?|(?<!of )courses?", "upload action, step action"),
    (r"gravest", "most severe"),
    (r"befalls?|befell", "happens to"),
    (r"whoever", "the person who, the process that"),
    (r"for good|for ever", "permanently"),
    (r"anew", "again"),
)
"""Old words as regular expressions, whole words in any case, and what to say."""

MEANT = (
    # What a user typed, as an example: the reasons of commands are free text.
    r"prices are wrong( in Japan)?",
    r"what is wrong",
    # The name that browsers give it.
    r"window\.edgeship",
)
"""Phrases in which such a word is meant."""

PAGES = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.svg")),
    *sorted((ROOT / "src").rglob("*.md")),
)
RENAMES = re.compile(r"^#### Renamed$.*?(?=^#|\Z)", flags=re.DOTALL | re.MULTILINE)
"""The changelog's table of old names and new ones, which needs the old names."""

CODE = ("src", "functions", "infra")
OLD_ON_PURPOSE = {
    # Reads what earlier versions stored.
    "src/edgeship/adapters/dynamodb/earlier_names.py": r".*",
    # An attribute of stored channels.
    "src/edgeship/adapters/dynamodb/channels.py": r"goes_back",
}
"""Strings of the code that have old words for a reason, by their source."""


def found(text: str) -> list[str]:
    """Each old word in a text, with its line and what to say instead."""
    flat = re.sub(r"\s+", " ", text)
    meant = re.sub("|".join(MEANT), lambda match: "·" * len(match[0]), flat)
    return [
        f"…{flat[max(0, match.start() - 50) : match.end() + 30]}…: {match[0]!r}: say {instead}"
        for old, instead in SAY_INSTEAD
        for match in re.finditer(rf"(?<![\w-])(?:{old})(?![\w-])", meant, flags=re.IGNORECASE)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_documents(page: Path) -> None:
    assert not found(RENAMES.sub("", page.read_text("utf-8")))


def test_the_package_and_the_targets_of_make() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["description"]
    targets = re.findall(r"## (.+)$", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)
    assert targets
    assert not [old for text in (package, *targets) for old in found(text)]


@pytest.mark.parametrize("schema", sorted((ROOT / "docs" / "schemas").glob("*.json")), ids=lambda path: path.name)
def test_schemas(schema: Path) -> None:
    assert not [old for text in _texts(json.loads(schema.read_text("utf-8"))) for old in found(text)]


@pytest.mark.parametrize("event", sorted(EVENTS.glob("edgeship.*.json")), ids=lambda path: path.name)
def test_events(event: Path) -> None:
    assert not [old for text in _texts(json.loads(event.read_text("utf-8"))) for old in found(text)]


@pytest.mark.parametrize("kind", EventType)
def test_notifications(kind: EventType) -> None:
    notice = notice_of(sample(kind), Channel("checkout", "latest", Version.parse("1.4.2"), 12))
    assert not [old for text in (notice.title, notice.now or "", *sum(notice.facts, ())) for old in found(text)]


def _texts(document: Any) -> Iterator[str]:
    """Every key and every text of a JSON document."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield key
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)
    elif isinstance(document, str):
        yield document


def _commands(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, f"{path} {name}")


COMMANDS = dict(_commands(typer.main.get_command(app), "edgeship"))


@pytest.mark.parametrize("path", COMMANDS)
def test_help(path: str) -> None:
    command = COMMANDS[path]
    parameters = [text for p in command.params for text in (*p.opts, p.help or "", str(p.metavar or ""))]
    assert not [old for text in (command.help or "", *parameters) for old in found(text)]


SOURCES = sorted(path for folder in CODE for path in (ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", CODE)
def test_texts_in_code(folder: str) -> None:
    """Output, errors, remedies, causes, descriptions and log lines: every string of the code but the docstrings."""
    old = {
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in SOURCES
        if path.is_relative_to(ROOT / folder)
        for line, text in _strings(path)
        if not re.fullmatch(OLD_ON_PURPOSE.get(path.relative_to(ROOT).as_posix(), ""), text, flags=re.DOTALL)
        for word in found(text)
    }
    assert not sorted(old)


def _strings(path: Path) -> Iterator[tuple[int, str]]:
    """The strings of a source, an f-string as one with `{}` for its values, without the docstrings of anything."""
    tree = ast.parse(path.read_text("utf-8"))
    parts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            parts.add(id(node.value))
        elif isinstance(node, ast.JoinedStr):
            parts.update(id(value) for value in node.values)
            whole = (str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
            yield node.lineno, "".join(whole)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", OLD_ON_PURPOSE)
def test_every_exception_is_needed(path: str) -> None:
    excepted = [text for _, text in _strings(ROOT / path) if re.fullmatch(OLD_ON_PURPOSE[path], text, flags=re.DOTALL)]
    assert [word for text in excepted for word in found(text)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The release is ill, and people are told.", ["ill", "told"]),
        ("edgeship takes the bad version\nback by itself", ["takes the bad version back", "by itself"]),
        ('{"health": "no_data", "goes_back": true}', ["no_data", "goes_back"]),
        ("The rollback window is open, as well.", []),
        ("--reason 'prices are wrong'", []),
        ("A still, willing look-up of rollback_window and /.well-known", []),
    ],
)
def test_old_words_are_found_and_others_are_not(text: str, words: list[str]) -> None:
    assert [line.rpartition(": say")[0].rpartition(": ")[2].strip("'") for line in found(text)] == words
