"""Flags and contexts made to take long: each accepted by the validator, or sent by a stranger in 40 KB.

`python -m tests.bench.hostile_flags 100000 7` asks for so many answers, with this seed. With nothing after it, it asks
for as many as docs/conformance.md tells of, on all cores, and writes there what the slowest took.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import random
import re
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from typing import Any

from edgeship.domain.flags.evaluation import conditions
from edgeship.domain.flags.evaluation.compile_flags import Flags, compile_flags
from edgeship.domain.flags.evaluation.conditions import DATES, NEGATED, NUMBERS, NUMBERS_IN_TEXT, OPS
from edgeship.domain.flags.flags_snapshot import entries_of
from edgeship.domain.flags.records.flag_record import SEGMENTS_KEY
from edgeship.domain.flags.snapshot_limits import MAX_RAW_BYTES
from edgeship.domain.flags.validation.validate import problems
from functions.edge import ofrep as endpoint
from functions.edge.identity import identity_of
from tests.edge.ofrep_request import NOW, ofrep
from tests.support.repository import ROOT

Progress = Callable[[int, float], None]

PAGE = ROOT / "docs" / "conformance.md"
ANSWERS, SEED = 100_000, 1
LIMIT_MS = 50
_PART = 5_000
AGAIN = 8
CONTEXTS = 1_000
CONTEXTS_A_SET = 80
_CONTEXT_BYTES = 38_000
_NEARLY = "a" * 49 + "b" + "a" * 49
_VERSION = "1.0.0-" + "1." * 100 + "1"
_TEXTS = [
    *("a" * 39_000, "é" * 13_000, "😀" * 6_000, "1" * 39_000, "a." * 19_000, "0x" + "f" * 30_000, " " * 39_000),
    *("a" * 256, "a" * 255 + "b", "Ab1-" * 64, _VERSION, "aaaa!"),
]
_DATE = "2026-11-01T09:00:00.123456789+01:00"
_LISTS: list[list[Any]] = [
    *([text] * count for text in ("a", "a" * 10, "a" * 250) for count in (10, 100, 150)),
    *([1.5] * 9_000, [1] * 19_000, [0.1234567890123] * 2_400, [None] * 7_000, [[]] * 13_000, list(range(6_000))),
    *([[["x"] * 50] * 50] * 3, [_VERSION] * 150, ["é" * 60] * 200, [{"a": 1}] * 4_000, ["a.b.c"] * 5_000),
    *([_DATE] * 900, ["-1.5e300"] * 3_000, ["1" * 64] * 500, ["ß" * 100] * 100, ["Straße"] * 3_000),
]
_NAMES = ["x", "y", "", "x.0", "x.length", "y.1.0", "targetingKey", "k1"]
_VALUES: list[Any] = [1, "a", "b", "aaaa", "aaab" * 20, _NEARLY, 1.5, None, True, "é", [1, 2], ["a", "b"] * 5]
_OPERATORS = [
    *("==", "===", "!=", "<", ">=", "+", "*", "-", "/", "%", "min", "max", "in", "cat", "substr", "merge", "missing"),
    *("missing_some", "map", "filter", "all", "none", "some", "reduce", "if", "and", "or", "!", "!!", "fractional"),
    *("starts_with", "ends_with", "sem_ver", "var", "val", "exists", "??", "fractional_v1"),
]
_PATTERNS = [
    *("^a*a*a*b", "(a|aa)*b", "(?:a?){150}b", "[a-bc-de-fg-h]*!", r"\b\w+\b.*\d$", "a.*b.*c.*d", "(?:(?:a*)*)*c"),
    *("(?:[a-z0-9]{1,3}-){1,30}x", "(?:ab?){100}z", "[^b]{200}q"),
]
_CONDITIONS = [*OPS, "in", "not_in", "contains", "matches", "matches", "matches"]


def worst_milliseconds(
    answers: int, seed: int, progress: Callable[[int, float], None] = lambda done, worst: None
) -> float:
    """The longest of so many generated answers, in milliseconds of a core; `progress` gets their count and it."""
    pick = random.Random(seed)
    contexts = [json.loads(json.dumps(_context(pick))) for _ in range(min(answers // 4, CONTEXTS))]
    gc.freeze()  # nor does collecting what is here already count
    worst = 0.0
    for done in range(0, answers, CONTEXTS_A_SET):
        public = pick.random() < 0.3
        flags = _flags(pick, public)
        for _ in range(CONTEXTS_A_SET):
            answer = _asked(flags, pick.choice(contexts), public)
            took = _seconds(answer)
            # Asked again, as what else the machine does adds to it.
            worst = max(worst, took if took <= worst else min(took, *(_seconds(answer) for _ in range(AGAIN))))
        if progress is not None:
            progress(done + CONTEXTS_A_SET, worst * 1_000)
    return worst * 1_000


def worst_of_all_cores(answers: int, seed: int) -> float:
    """The same in parts, each with a seed of its own, one after the other on each core."""
    parts = range(seed, seed + max(answers // _PART, 1))
    # Spawned: a fork of a process with threads may hang.
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        return max(pool.map(worst_milliseconds, repeat(min(answers, _PART)), parts))


def row(worst: float) -> str:
    """Of docs/conformance.md."""
    return f"| the slowest, in ms of a core | {worst:.0f} |"


def _seconds(answer: Callable[[], object]) -> float:
    conditions._programs.clear()  # the answer makes its patterns
    started = time.process_time()
    answer()
    return time.process_time() - started


def _asked(flags: Flags, context: dict[str, Any], public: bool) -> Callable[[], object]:
    """A bulk answer of the endpoint, the request's body and the answer's included, or of all flags."""
    if public:
        request = ofrep({"context": context})
        return lambda: endpoint.answer(request, flags, NOW, identity_of)
    return lambda: flags.evaluate_all(context, NOW, public_only=False)


def _flags(pick: random.Random, public: bool) -> Flags:
    while True:
        count = pick.choice([1, 5, 30, 200, 1_000] if public else [1, 5, 30, 200, 1_500, 6_000])
        segments = {
            f"s{n}": {"conditions": [_condition(pick) for _ in range(pick.choice([1, 3, 100]))]} for n in range(4)
        }
        kinds = [_flag(pick, pick.random()) for _ in range(min(count, 6))]
        count = min(count, MAX_RAW_BYTES // max(_bytes(kind) + 20 for kind in kinds))
        gated = pick.random() < 0.5
        documents: dict[str, dict[str, Any]] = {
            f"f{n}": {
                **kinds[n % len(kinds)],
                **(_gate(pick, n, count) if gated else {}),
                "public": public,
                "key": f"f{n}",
            }
            for n in range(count)
        }
        sample = {key: documents[key] for key in list(documents)[:12]}
        if problems({"flags": sample, "segments": segments}):
            continue
        entries = entries_of({**_shared(segments), **documents})
        return compile_flags(json.loads(json.dumps(_as_many_as_fit(entries))), "production")


def _as_many_as_fit(entries: dict[str, Any]) -> dict[str, Any]:
    """The first flags, as the limit of the snapshot refuses more."""
    room, found = MAX_RAW_BYTES, {}
    for key, entry in entries.items():
        room -= _bytes({key: entry})
        if room < 0:
            break
        found[key] = entry
    return found


def _shared(segments: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {SEGMENTS_KEY: {"segments": segments}}


def _gate(pick: random.Random, number: int, count: int) -> dict[str, Any]:
    """Chains of 5 flags that require up to 20 others each, and layers, of which some are by an attribute."""
    gate: dict[str, Any] = {}
    level, group = number % 6, number - number % 6
    if level and pick.random() < 0.8:
        below = [n for n in range(level - 1, count, 6) if n <= group + 5]
        few = pick.sample(below, min(len(below), pick.choice([1, 20])))
        gate["requires"] = {f"f{n}": pick.choice(["on", "off"]) for n in few}
    if pick.random() < 0.5:
        start = pick.choice([0, 0.01, 50])
        gate["layer"] = {"name": f"layer-{number}", "from": start, "to": pick.choice([60, 100])}
        if pick.random() < 0.5:
            gate["layer"]["bucket_by"] = pick.choice(["x", "y", "k1"])
    return gate


def _flag(pick: random.Random, kind: float) -> dict[str, Any]:
    flag: dict[str, Any] = {"variants": {"on": True, "off": False}, "default_variant": "off"}
    if kind < 0.6:
        flag["targeting"] = {"if": [_rule(pick, 0), "on", _rule(pick, 0), "on", "off"]}
    if kind > 0.4:
        conditions = [[_condition(pick) for _ in range(pick.choice([1, 1, 3]))] for _ in range(pick.choice([1, 5, 20]))]
        if pick.random() < 0.3:
            conditions.append([{"segment": f"s{n}", "negate": pick.random() < 0.5} for n in range(4)])
        flag["rules"] = [{"if": each, **_outcome(pick)} for each in conditions]
    if kind > 0.8:
        flag |= {"target_users": ["u1"], "rollout": {"variant": "on", "percentage": 33}}
    if kind > 0.9:
        flag["rollout"] |= {"bucket_by": pick.choice(["x", "y"])}
    return flag


def _outcome(pick: random.Random) -> dict[str, Any]:
    if pick.random() < 0.7:
        return {"variant": "on"}
    return {"split": {"on": 50, "off": 50}, "bucket_by": pick.choice(["x", "y", "targetingKey"])}


def _rule(pick: random.Random, depth: int) -> dict[str, Any]:
    operator = pick.choice(_OPERATORS)
    if operator.startswith("fractional"):
        return {operator: [_argument(pick, depth), ["on", pick.choice([1, 50])], ["off", 50]]}
    return {operator: [_argument(pick, depth) for _ in range(pick.choice([1, 2, 2, 3, 5]))]}


def _argument(pick: random.Random, depth: int) -> Any:
    kind = pick.random()
    if kind < 0.35:
        return {"var": pick.choice(_NAMES)}
    return pick.choice(_VALUES) if kind < 0.5 or depth > 3 else _rule(pick, depth + 1)


def _condition(pick: random.Random) -> dict[str, Any]:
    op = pick.choice(_CONDITIONS)
    values: list[Any] = [
        pick.choice([_NEARLY, "b", "aaaa", "aab" * 30]) + str(n) for n in range(pick.choice([1, 3, 40]))
    ]
    if op == "matches":
        values = [pick.choice(_PATTERNS) + pick.choice("xyz0123456789") * pick.randint(0, 3)]
    elif op.startswith("semver"):
        values = [pick.choice(["1.0.0", _VERSION])] * pick.choice([1, 5])
    elif op in DATES:
        values = [_DATE] * pick.choice([1, 40])
    elif op in NUMBERS or NEGATED.get(op, op) in NUMBERS_IN_TEXT:
        values = [1]
    elif op == "exists":
        values = [True]
    return {"attribute": pick.choice(["x", "x", "y", "targetingKey", "z"]), "op": op, "values": values}


def _context(pick: random.Random) -> dict[str, Any]:
    context: dict[str, Any] = {"targetingKey": pick.choice(["u", "u" * 30_000, "é" * 9_000])}
    room = _CONTEXT_BYTES - _bytes(context)
    if pick.random() < 0.2:
        return context | {f"k{n}": 1 for n in range(room // 10)}
    if pick.random() < 0.1:
        context["x"] = {"a": {"b": {f"k{n}": [n] for n in range(room // 14)}}}
        return context
    for name in ("x", "y"):
        value = pick.choice(_TEXTS) if pick.random() < 0.5 else pick.choice(_LISTS)
        if _bytes(value) + 10 < room:
            context[name] = value
            room -= _bytes(value) + 10
    return context


def _bytes(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


if __name__ == "__main__":
    if len(sys.argv) == 1:
        count, slowest = ANSWERS, worst_of_all_cores(ANSWERS, SEED)
        PAGE.write_text(
            re.sub(r"\| the slowest, in ms of a core \| .* \|", row(slowest), PAGE.read_text("utf-8")), "utf-8"
        )
    else:
        count, first_seed = (int(argument) for argument in (*sys.argv[1:], "1")[:2])
        slowest = worst_milliseconds(
            count,
            first_seed,
            lambda done, worst: print(f"{done:,} of {count:,}: worst {worst:.1f} ms", file=sys.stderr, end="\r"),
        )
    print(f"the worst of {count:,} answers took {slowest:.1f} ms of a core")
