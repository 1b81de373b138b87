"""JsonLogic's public suites: each case passes, or is listed with what is answered and why."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.jsonlogic.cases import CONVERSION, MISMATCHES, cases, defined
from tests.domain.flags.logic.logic_corpus import install, spelled, under_node
from tests.support.pytest_plugins.tools import NODE


def listed() -> list[dict[str, Any]]:
    mismatches: list[dict[str, Any]] = json.loads(MISMATCHES.read_text())
    return mismatches


def test_each_case_passes_or_is_listed_with_its_answer() -> None:
    assert repr([case.mismatch() for case in cases() if not case.passes()]) == repr(listed())


def test_of_the_suite_that_all_implementations_pass_no_case_is_listed() -> None:
    assert [mismatch for mismatch in listed() if mismatch["suite"] == "compatible.json"] == []


def with_var(rule: Any) -> Any:
    """The rule with `var` for `val` of one name, which json-logic-js has not."""
    if isinstance(rule, list):
        return [with_var(part) for part in rule]
    if isinstance(rule, dict):
        return {"var" if name == "val" else name: with_var(part) for name, part in rule.items()}
    return rule


@pytest.mark.fuzz
@pytest.mark.skipif(NODE.is_missing, reason=NODE.reason)
def test_what_is_listed_as_the_answer_of_json_logic_js_is_that(tmp_path: Path) -> None:
    try:
        install(tmp_path)
    except subprocess.SubprocessError:
        pytest.skip("the npm registry can't be reached")
    mismatches = [mismatch for mismatch in listed() if mismatch["reason"] == CONVERSION]
    pairs = [[with_var(each["rule"]), each["data"]] for each in mismatches]
    answers = under_node(pairs, tmp_path)
    others = [
        (each["rule"], each["ours"], answer)
        for each, answer in zip(mismatches, answers, strict=True)
        if repr(each["ours"]) != repr(defined(spelled(answer)))
    ]
    assert others == []
