"""The regular expressions that `matches` takes are quick on any text."""

from __future__ import annotations

import re
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.domain.flags.evaluation.conditions import MAX_SUBJECT
from edgeship.domain.flags.validation.patterns import MAX_PATTERN, PatternRefused, check_pattern

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
]
REFUSED = [
    ("(a+)+$", "repeated"),
    ("(a|a)*$", "repeated"),
    ("(a?){50}", "repeated"),
    ("(?:a{1,2})*", "repeated"),
    (r"(a)\1", "escape"),
    (r"\A", "escape"),
    ("(?=a)", "neither"),
    ("(?P<x>a)", "neither"),
    ("(?i)a", "neither"),
    (".*.*.*", "too many ways"),
    ("a?" * 16, "too many ways"),
    ("^" + "(a|b|c|d)" * 12, "too many ways"),
    ("^.*.*.*x|y", "too many ways"),
    ("a**", "another"),
    ("a*+", "another"),
    ("*a", "nothing"),
    ("{2}", "nothing"),
    ("(a", "closed"),
    ("a)", "closes nothing"),
    ("[a", "class"),
    ("[z-a]", "range"),
    ("a{3,2}", "above its maximum"),
    ("(" * 20 + ")" * 20, "nested"),
    ("a" * (MAX_PATTERN + 1), "longer"),
]


@pytest.mark.parametrize("pattern", TAKEN)
def test_takes(pattern: str) -> None:
    check_pattern(pattern)


@pytest.mark.parametrize(("pattern", "says"), REFUSED)
def test_refuses(pattern: str, says: str) -> None:
    with pytest.raises(PatternRefused, match=says):
        check_pattern(pattern)


parts = st.sampled_from(["a", "[ab]", ".", "b", "(?:ab)", "(a|b)", "(a+b)", r"\w", "^", "$"])
quantifiers = st.sampled_from(["", "", "*", "+", "?", "*?", "{2,9}", "{3,}"])
patterns = st.lists(st.tuples(parts, quantifiers).map("".join), max_size=8).map("".join)


@settings(max_examples=400, deadline=None)
@given(
    pattern=patterns,
    tail=st.sampled_from(["", "c", "b", "c$", "(?:x|c)$"]),
    text=st.sampled_from(["a", "ab", "aab", "ba"]),
)
def test_what_is_taken_is_quick_on_a_text_made_to_be_slow(pattern: str, tail: str, text: str) -> None:
    try:
        check_pattern(pattern + tail)
    except PatternRefused:
        return
    compiled = re.compile(pattern + tail)
    subject = (text * MAX_SUBJECT)[: MAX_SUBJECT - 1] + "!"
    started = perf_counter()
    compiled.search(subject)
    # The bound is some 20 ms on an idle machine; exponential patterns take hours.
    assert perf_counter() - started < 1
