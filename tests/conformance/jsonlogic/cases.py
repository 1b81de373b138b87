"""The cases of JsonLogic's public suites, and what the compiled rules make of each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeship.domain.flags.logic.jsonlogic import KNOWN, is_rule
from edgeship.domain.flags.malformed import Malformed
from tests.domain.flags.logic.logic_corpus import ours, spell

HERE = Path(__file__).parent
SUITES = HERE / "suites"
MISMATCHES = HERE / "mismatches.json"

ERROR = {"throws": True}

OPERATOR = "an operator that is refused"
SCOPE = "`val` outside of an iteration, which is refused"
DIVISION = "a division by zero is Infinity, as in JavaScript"
CONVERSION = "the answer of json-logic-js"
REASONS = (OPERATOR, SCOPE, DIVISION, CONVERSION)


@dataclass(frozen=True)
class Case:
    """`expected` and what `answer` gives are {"value": …}, {"throws": true} or {"refused": why}."""

    suite: str
    number: int
    rule: Any
    data: Any
    expected: dict[str, Any]

    def answer(self) -> dict[str, Any]:
        try:
            answer = ours(self.rule, self.data)
        except Malformed as fault:
            return {"refused": str(fault)}
        return defined(answer)

    def passes(self) -> bool:
        # repr, since == does not distinguish true from 1.
        return repr(self.answer()) == repr(self.expected)

    def mismatch(self) -> dict[str, Any]:
        """The case as `mismatches.json` lists it."""
        answer = self.answer()
        return {
            "suite": self.suite,
            "number": self.number,
            "rule": self.rule,
            "data": self.data,
            "suite's": self.expected,
            "ours": answer,
            "reason": self._reason(answer),
        }

    def _reason(self, answer: dict[str, Any]) -> str:
        if "refused" in answer:
            return OPERATOR if _operators(self.rule) - KNOWN else SCOPE
        divided = is_rule(self.rule) and "/" in self.rule and answer == {"value": {"$": "Infinity"}}
        return DIVISION if divided else CONVERSION


def defined(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with null for undefined, as the suites write it."""
    return {"value": None} if answer == {"value": {"$": "undefined"}} else answer


def cases() -> Iterator[Case]:
    """All of them, in the order of the suites' index."""
    for suite in json.loads((SUITES / "index.json").read_text()):
        listed = json.loads((SUITES / suite).read_text())
        for number, case in enumerate(case for case in listed if not isinstance(case, str)):
            if isinstance(case, list):
                case = {"rule": case[0], "data": case[1], "result": case[2]}
            expected = ERROR if "error" in case else {"value": spell(case["result"])}
            yield Case(suite, number, case["rule"], case.get("data"), expected)


def _operators(rule: Any) -> set[str]:
    if isinstance(rule, list):
        return set().union(*map(_operators, rule))
    return {*rule, *_operators([*rule.values()])} if is_rule(rule) else set()
