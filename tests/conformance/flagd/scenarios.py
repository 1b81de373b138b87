"""flagd's evaluator scenarios, played by the import of their definition and the edge's endpoint.

The steps are those of the testkit that the scenarios come with; what OFREP leaves to a client, the fallback for an
answer without a value, is done as its clients do.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from edgeship.adapters.documents.flagd_file import from_flagd
from edgeship.domain.flags.flags_snapshot import encode, entries_of
from edgeship.domain.flags.validation.validate import problems
from functions.edge.flag_endpoint import FlagEndpoint
from functions.edge.http_answer import Answer
from tests.edge.ofrep_request import BULK, context, endpoint_reading, ofrep

HERE = Path(__file__).parent
DEFINITION = HERE / "flag_data" / "testkit-flags.json"

TYPES = "the client checks the type, which a request of OFREP has not"
NAMED = "the edge names users who have no targeting key"
REASONS = {
    "Type mismatch": TYPES,
    "fractional operator with missing bucket key falls back to default variant": NAMED,
}
"""Of the scenarios that do not pass, by name."""

PASS = "pass"
CLIENT = "the client's options, connection, cache or events"
STREAM = "the context that flagd's stream adds"
SELECTOR = "flagd's selector of a source, in place of which there are flag sets"
DEPRECATED = "deprecated: a flag without a default is one that is not found"
REFUSED = "the import refuses the flag's definition, with its place"
PROVIDERS = {PASS: 105, CLIENT: 117, STREAM: 6, SELECTOR: 5, DEPRECATED: 6, REFUSED: 1, NAMED: 1}
"""What becomes of the scenarios for providers, which this folder has not: see providers.py."""


@dataclass(frozen=True)
class Scenario:
    feature: str
    name: str
    tags: frozenset[str]
    steps: tuple[tuple[str, tuple[dict[str, str], ...]], ...]
    """Each with the rows of its table, by column."""

    def __str__(self) -> str:
        values = "-".join(re.findall('"([^"]*)"', " ".join(text for text, _ in self.steps)))
        return f"{self.feature}: {self.name} ({values})"


@dataclass
class World:
    """What a scenario has said so far."""

    endpoint: FlagEndpoint
    key: str = ""
    kind: str = ""
    fallback: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> Any:
        return self.answer.get("value", self.fallback)


def scenarios(folder: Path) -> Iterator[Scenario]:
    """Every scenario and every example of an outline."""
    for path in sorted(folder.glob("*.feature")):
        document = Parser().parse(path.read_text())
        for pickle in Compiler().compile({**document, "uri": path.name}):
            tags = frozenset(tag["name"] for tag in pickle["tags"])
            steps = tuple((step["text"], tuple(_rows(step))) for step in pickle["steps"])
            yield Scenario(path.stem, pickle["name"], tags, steps)


def _rows(step: Any) -> Iterator[dict[str, str]]:
    rows = step.get("argument", {}).get("dataTable", {}).get("rows", [])
    cells = [[cell["value"] for cell in row["cells"]] for row in rows]
    for row in cells[1:]:
        yield dict(zip(cells[0], row, strict=True))


@cache
def endpoint(definition: Path, fractional: str) -> FlagEndpoint:
    """The edge with the flags of a definition."""
    file = from_flagd(definition, fractional=fractional)
    assert problems({"flags": dict(file.flags), "evaluators": dict(file.evaluators)}) == []
    body = encode({"schema": 1, "revision": 1, "flags": entries_of(file.documents())})
    return endpoint_reading(Answer(200, {}, body, reusable=True))


def play(scenario: Scenario, definition: Path) -> None:
    """Every step in turn.

    Raises:
        AssertionError: a step does not hold, or there is no such step.
    """
    world = World(endpoint(definition, "fractional_v1" if "@fractional-v1" in scenario.tags else "fractional"))
    for text, rows in scenario.steps:
        for pattern, step in _STEPS.items():
            found = re.fullmatch(pattern, text)
            if found:
                step(world, *found.groups(), *([rows] if rows else []))
                break
        else:
            raise AssertionError(f"there is no step {text!r}")


def read_value(kind: str, text: str) -> Any:
    if kind == "Boolean":
        return {"true": True, "false": False}[text]
    if kind == "Object":
        return json.loads(text.replace('\\"', '"'))
    return {"String": str, "Integer": int, "Float": float}[kind](text)


def _flag(world: World, kind: str, key: str, fallback: str) -> None:
    world.key, world.kind, world.fallback = key, kind, read_value(kind, fallback)


def _attribute(world: World, name: str, kind: str, text: str) -> None:
    world.attributes[name] = read_value(kind, text)


def _nested(world: World, outer: str, inner: str, text: str) -> None:
    world.attributes[outer] = {inner: text}


def _targeting_key(world: World, text: str) -> None:
    world.attributes["targetingKey"] = text


def _evaluate(world: World) -> None:
    response = world.endpoint.answer(ofrep(context(**world.attributes), uri=f"{BULK}/{world.key}"))
    world.answer = json.loads(response["body"])


def _value_is(world: World, text: str) -> None:
    assert repr(world.value) == repr(read_value(world.kind, text))


def _reason_is(world: World, reason: str) -> None:
    assert world.answer.get("reason", "ERROR") == reason


def _code_is(world: World, code: str) -> None:
    assert world.answer.get("errorCode") == code


def _metadata_are(world: World, rows: tuple[dict[str, str], ...]) -> None:
    expected = {row["key"]: read_value(row["metadata_type"], row["value"]) for row in rows}
    assert repr(sorted(world.answer["metadata"].items())) == repr(sorted(expected.items()))


def _no_metadata(world: World) -> None:
    assert "metadata" not in world.answer


_STEPS: dict[str, Any] = {
    "an evaluator": lambda world: None,
    'an? (\\w+)-flag with key "(.*)" and a fallback value "(.*)"': _flag,
    'a context containing a key "(.*)", with type "(.*)" and with value "(.*)"': _attribute,
    'a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"': _nested,
    'a context containing a targeting key with value "(.*)"': _targeting_key,
    "the flag was evaluated with details": _evaluate,
    'the resolved details value should be "(.*)"': _value_is,
    'the reason should be "(.*)"': _reason_is,
    'the error-code should be "(.*)"': _code_is,
    "the resolved metadata should contain": _metadata_are,
    "the resolved metadata is empty": _no_metadata,
}
