"""Patterns match what Python's `re` matches, in a number of steps that is known before."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.flags.evaluation.conditions import MAX_SUBJECT, compile_condition
from edgeship.domain.flags.patterns.parse_pattern import MAX_PATTERN, MAX_PROGRAM, PatternRefused, parse_pattern
from edgeship.domain.flags.patterns.program import matches
from edgeship.domain.flags.work import MAX_STEPS, OutOfWork
from tests.support.pytest_plugins.fuzz import examples

TAKEN = [
    "",
    "pro",
    r"@example\.com$",
    r"^[a-z]+-[0-9]+$",
    r"^(?:beta|alpha)-\d{1,3}$",
    r"^[^@]+@(?:mail\.)?example\.(com|org)$",
    r"^[]a]x[^]\]]$",
    r"^a{2,}b{3}$",
    r"\bchrome\b",
    r"^(?:abc){2,5}$",
    r"^.*?x.*$",
    "^{",
    "a{,3}",
    "x|y|z",
    "(a|b)?c",
    "(a+)+$",
    "(a|a)*$",
    "(a?){50}",
    "(?:a{1,2})*",
    "(?:(?:a*)*)*b",
    ".*.*.*",
    "a?" * 16,
    "^(?:){9999}a*(?:){9999}b",
    "^" + "(a|b|c|d)" * 12,
    r"[a-c\d_-]",
    "a{,}b",
]
REFUSED = [
    (r"(a)\1", "escape"),
    (r"\A", "escape"),
    ("(?=a)", "neither"),
    ("(?P<x>a)", "neither"),
    ("(?i)a", "neither"),
    ("a**", "another"),
    ("a*+", "another"),
    ("a{2}+", "another"),
    ("*a", "nothing"),
    ("{2}", "nothing"),
    ("^*", "nothing"),
    (r"a\b+", "nothing"),
    ("(a", "closed"),
    ("a)", "closes nothing"),
    ("[a", "class"),
    ("[z-a]", "range"),
    (r"[a-\d]", "range"),
    ("a{3,2}", "above its maximum"),
    ("(" * 20 + ")" * 20, "nested"),
    ("a" * (MAX_PATTERN + 1), "longer"),
    ("a{501}", "more than 500 parts"),
    ("(?:a{30}){30}", "more than 500 parts"),
    ("(?:a{99999999}){99999999}", "more than 500 parts"),
    ("a{1,400}", "more than 500 parts"),
]
PARTS = [
    *(
        "a",
        "b",
        "[ab]",
        ".",
        r"\w",
        r"\d",
        r"\s",
        r"\b",
        "^",
        "$",
        "(a|b)",
        "(?:ab)",
        "(?:)",
        "(a*)*",
        "[^a]",
        "|",
        "{",
    ),
    *(r"[a-c\d]", r"\n", "-", "(", "(?:", ")", r"\.", "é", "[]a]", r"[^\W_]"),
]
QUANTIFIERS = ["", "", "", "*", "+", "?", "*?", "{2}", "{1,3}", "{,2}", "{2,}", "{,}", "{"]


@pytest.mark.parametrize("pattern", TAKEN)
def test_takes(pattern: str) -> None:
    assert len(parse_pattern(pattern)) <= MAX_PROGRAM + 1
    assert re.compile(pattern)


@pytest.mark.parametrize(("pattern", "says"), REFUSED)
def test_refuses(pattern: str, says: str) -> None:
    with pytest.raises(PatternRefused, match=says):
        parse_pattern(pattern)


@pytest.mark.fuzz
@pytest.mark.filterwarnings("ignore::FutureWarning")
@settings(max_examples=examples(400, 100_000))
@given(seed=st.integers(0, 2**48))
def test_what_is_taken_matches_what_re_matches(seed: int) -> None:
    pick = random.Random(seed)
    pattern = "".join(pick.choice(PARTS) + pick.choice(QUANTIFIERS) for _ in range(pick.randint(1, 5)))
    try:
        program = parse_pattern(pattern)
    except PatternRefused:
        return
    compiled = re.compile(pattern)
    for _ in range(5):
        text = "".join(pick.choice("aabbc1_\n .é-{") for _ in range(pick.randint(0, 7)))
        assert matches(program, text, [MAX_STEPS]) is bool(compiled.search(text)), (pattern, text)


@settings(max_examples=examples(100, 10_000))
@given(seed=st.integers(0, 2**48), text=st.sampled_from(["a", "ab", "aab", "ba"]))
def test_the_steps_are_at_most_the_programs_length_for_each_character(seed: int, text: str) -> None:
    pick = random.Random(seed)
    pattern = "".join(pick.choice(PARTS) + pick.choice(QUANTIFIERS) for _ in range(pick.randint(1, 12)))
    try:
        program = parse_pattern(pattern)
    except PatternRefused:
        return
    subject = (text * MAX_SUBJECT)[: MAX_SUBJECT - 1] + "!"
    left = [10**9]
    matches(program, subject, left)
    weight = sum(other for does, _, other in program if does < 2) + 2 * len(program)
    assert 10**9 - left[0] <= weight * (MAX_SUBJECT + 1)


def test_a_pattern_that_takes_too_many_steps_ends_the_answer() -> None:
    holds = compile_condition({"attribute": "note", "op": "matches", "values": ["(?:a?){150}b"]})
    with pytest.raises(OutOfWork):
        holds({"note": ["a" * 256] * 10}, [MAX_STEPS])
    assert holds({"note": "b"}, [MAX_STEPS])
    assert not holds({"note": "a" * 300 + "b"}, [MAX_STEPS])
