"""Pairs of a rule and data, generated from a seed, and what npm `json-logic-js` makes of them.

`python -m tests.domain.flags.logic.logic_corpus` writes jsonlogic_vectors.json anew; it needs Node and the npm
registry.
Left out are the ways in which the compiled rules differ on purpose: names that JavaScript's objects inherit, data that
look like rules, which json-logic-js evaluates in `missing`, and `-` on more than two arguments.
"""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from edgeship.domain.flags.logic.javascript import UNDEFINED, LogicError
from edgeship.domain.flags.logic.jsonlogic import compile_logic
from tests.support.repository import ROOT

VECTORS = Path(__file__).parent / "jsonlogic_vectors.json"
JAVASCRIPT = ROOT / "tests" / "js"
VECTOR_COUNT = 800

SCALARS: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 7, 10, 1.5, -0.25, 1e21, 1e-7, 123456789012345680000, 9007199254740993, 0.1),
    *("", " ", "0", "1", "-1", "1.0", "1e3", " 12 ", "0x10", "0b11", "0o17", ".5", "5.", "Infinity", "NaN", "12abc"),
    *("a", "b", "abc", "a,b", "true", "null", "undefined", "apple", "Ärger", "x😀y", "😀", "\uffee", "\u00a03", "1,2"),
]
PATHS: list[Any] = [
    "",
    "a",
    "b",
    "a.b",
    "list",
    "list.0",
    "list.1",
    "list.length",
    "list.01",
    "s",
    "s.1",
    "s.2",
    "s.length",
]
PATHS += ["none", "none.x", "null", "null.x", "n", "deep.0.a", 0, 1, None, "current", "accumulator", "0", "a b"]
UNARY = ["!", "!!", "-", "+", "*", "log", "max", "min", "cat", "merge", "var", "if", "and", "or", "missing", "=="]
BINARY = ["==", "===", "!=", "!==", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "in", "cat", "merge", "max", "min"]
VARIADIC = ["and", "or", "+", "*", "cat", "merge", "max", "min"]
ITERATING = ["map", "filter", "all", "some", "none"]


def generate(seed: int, count: int) -> list[list[Any]]:
    """`count` pairs [rule, data]."""
    random = Random(seed)
    return [[_rule(random, 3), _data(random)] for _ in range(count)]


def spell(value: Any) -> Any:
    """A result as tests/js/jsonlogic.mjs writes it, with every number a float."""
    if value is UNDEFINED:
        return {"$": "undefined"}
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isnan(number):
            return {"$": "NaN"}
        # JSON has no -0 either.
        return number + 0.0 if math.isfinite(number) else {"$": "Infinity" if number > 0 else "-Infinity"}
    if isinstance(value, list):
        return [spell(element) for element in value]
    return {name: spell(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def spelled(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer of `under_node` as `spell` spells it."""
    return {"value": spell(answer["value"])} if "value" in answer else answer


def ours(rule: Any, data: Any) -> dict[str, Any]:
    """What the compiled rule makes of the data, spelled as the vectors are."""
    try:
        return {"value": spell(compile_logic(rule)(data))}
    except LogicError:
        return {"throws": True}


def under_node(pairs: list[list[Any]], modules: Path) -> list[dict[str, Any]]:
    """What json-logic-js makes of the pairs; `modules` is the folder that holds node_modules."""
    run = subprocess.run(
        ["node", str(JAVASCRIPT / "jsonlogic.mjs"), str(modules)],
        input=json.dumps(pairs),
        capture_output=True,
        text=True,
        check=True,
    )
    answers: list[dict[str, Any]] = json.loads(run.stdout)
    return answers


def install(folder: Path) -> None:
    """Install what tests/js locks into `folder`/node_modules.

    Raises:
        subprocess.SubprocessError: npm failed, for want of a network perhaps.
    """
    for name in ("package.json", "package-lock.json"):
        shutil.copy(JAVASCRIPT / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=90)


def _rule(random: Random, depth: int) -> Any:
    if depth == 0 or random.random() < 0.2:
        return random.choice(SCALARS) if random.random() < 0.5 else {"var": random.choice(PATHS)}
    below = depth - 1
    return random.choice(_KINDS)(random, below)


_KINDS: list[Callable[[Random, int], Any]] = [
    lambda random, below: _unary(random.choice(UNARY), _maybe_bare(random, [_rule(random, below)])),
    lambda random, below: {random.choice(ITERATING): [_array(random, below), _rule(random, below)]},
    lambda random, below: {"reduce": [_array(random, below), _rule(random, below), *_some(random, below, 1)]},
    lambda random, below: {random.choice(["if", "?:"]): _some(random, below, 5)},
    lambda random, below: {random.choice(VARIADIC): _some(random, below, 4)},
    lambda random, below: {random.choice(["<", "<=", "substr"]): [_rule(random, below) for _ in range(3)]},
    lambda random, below: {"var": [random.choice(PATHS), _rule(random, below)]},
    lambda random, _: {"missing": random.sample(PATHS, random.randrange(4))},
    lambda random, _: {"missing_some": [random.randrange(4), random.sample(PATHS, random.randrange(4))]},
    lambda random, below: _some(random, below, 3),
    lambda random, below: {random.choice(BINARY): [_rule(random, below), _rule(random, below)]},
    lambda random, below: {random.choice(BINARY): [_rule(random, below), _rule(random, below)]},
]


def _unary(operator: str, values: Any) -> Any:
    return {operator: values[:2] if operator == "-" and isinstance(values, list) else values}


def _maybe_bare(random: Random, values: list[Any]) -> Any:
    return values[0] if random.random() < 0.5 else values


def _some(random: Random, depth: int, most: int) -> list[Any]:
    return [_rule(random, depth) for _ in range(random.randrange(most + 1))]


def _array(random: Random, depth: int) -> Any:
    return {"var": random.choice(["list", "deep", "s", "none"])} if random.random() < 0.7 else _some(random, depth, 3)


def _data(random: Random) -> Any:
    if random.random() < 0.05:
        return random.choice([None, 3, "text", True, [1, 2]])
    some = [random.choice(SCALARS) for _ in range(random.randrange(4))]
    return {
        "a": random.choice([{"b": random.choice(SCALARS), "c": 1}, random.choice(SCALARS)]),
        "b": random.choice(SCALARS),
        "list": some + [random.choice([[], [1, 2], ["x", None]])] * random.randrange(2),
        "deep": [{"a": random.choice(SCALARS), "n": 1}, {"a": 2, "n": random.choice(SCALARS)}],
        "s": random.choice(["hello", "x😀y", ""]),
        "n": random.choice(SCALARS),
        "null": None,
        "current": 1,
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        install(Path(folder))
        pairs = generate(0, VECTOR_COUNT)
        answers = under_node(pairs, Path(folder))
    lines = [json.dumps([*pair, answer]) for pair, answer in zip(pairs, answers, strict=True)]
    VECTORS.write_text("[\n" + ",\n".join(lines) + "\n]\n")


if __name__ == "__main__":
    main()
