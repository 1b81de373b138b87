"""Which regular expressions `matches` takes: those that no text can make slow.

Python's `re` backtracks, so a pattern such as `(a+)+b` takes time that doubles with each character of a text that
strangers choose. What is taken is a subset whose cost is known before:

- characters, `.`, `\\d \\w \\s` and their opposites, escaped punctuation, classes `[...]`, `^`, `$`, `\\b`,
  groups `(...)` and `(?:...)`, `|`, and the quantifiers `* + ? {m} {m,} {m,n}`, lazy ones too
- no look-around, back-references, named groups, inline flags, possessive quantifiers
- a group that is repeated more than once holds neither a quantifier nor `|`
- the ways to match at a place, multiplied, stay within `MAX_WAYS`: 256 (the longest subject) for an open-ended
  quantifier, n - m + 1 for `{m,n}`, the sum over the branches of an alternation; and 256 for the place where the match
  begins unless the pattern begins with `^`

`@(example|test)\\.com$` costs 512, `^[a-z]+-[0-9]+$` 65,536.
"""

from __future__ import annotations

import re

from edgeship.domain.flags.evaluation.conditions import MAX_SUBJECT

MAX_PATTERN = 256
"""Characters."""

MAX_WAYS = MAX_SUBJECT**2 * 64
"""Some 4 million; at a few nanoseconds each, the worst text takes some 20 ms."""

_QUANTIFIER = re.compile(r"([*+?]|\{([0-9]{1,4})(,([0-9]{0,4}))?\})(\??)")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbtnr]|[^A-Za-z0-9])", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(?:[^\]\\\[]|\\(?:[dDwWsStnr]|[^A-Za-z0-9]))*\]", re.DOTALL)


class PatternRefused(Exception):
    """The message says why the pattern is not in the subset."""


def check_pattern(pattern: str) -> None:
    """Accept the pattern.

    Raises:
        PatternRefused: too long, not in the subset, or too costly.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"it is longer than {MAX_PATTERN} characters")
    parser = _Parser(pattern)
    ways, _ = parser.alternatives(0)
    if parser.place < len(pattern):
        raise PatternRefused(f"a ')' at character {parser.place + 1} closes nothing")
    # `^a|b` is anchored in one branch only.
    anchored = pattern.startswith("^") and not parser.branches
    if ways * (1 if anchored else MAX_SUBJECT) > MAX_WAYS:
        raise PatternRefused("it can match in too many ways: use fewer open-ended quantifiers, or begin it with '^'")
    try:
        re.compile(pattern)
    except re.error as fault:
        raise PatternRefused(str(fault)) from fault


class _Parser:
    """Counts a pattern's ways to match; `branches` says whether it has a `|` outside of groups."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0
        self.branches = False

    def alternatives(self, depth: int) -> tuple[int, bool]:
        """The ways, and whether they come from a quantifier or a `|`."""
        ways, simple = self.sequence(depth)
        while self.place < len(self.pattern) and self.pattern[self.place] == "|":
            self.place += 1
            self.branches = self.branches or depth == 0
            ways += self.sequence(depth)[0]
            simple = False
        return ways, simple

    def sequence(self, depth: int) -> tuple[int, bool]:
        ways, simple = 1, True
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            inside, plain, is_group = self.atom(depth)
            quantifier = _QUANTIFIER.match(self.pattern, self.place)
            if quantifier is None:
                ways, simple = ways * inside, simple and plain
                continue
            self.place = quantifier.end()
            if self.pattern[self.place : self.place + 1] in ("*", "+", "?"):
                raise PatternRefused(f"the quantifier at character {self.place + 1} follows another one")
            choices, most = _choices(quantifier)
            if is_group and most > 1 and not plain:
                raise PatternRefused("a group that is repeated holds a quantifier or an alternative")
            ways, simple = ways * (inside + 1 if most == 1 and choices > 1 else inside * choices), False
        return ways, simple

    def atom(self, depth: int) -> tuple[int, bool, bool]:
        """Pass one; its ways, whether it is free of quantifiers and alternatives, whether it is a group."""
        start = self.pattern[self.place]
        if start == "(":
            return *self.group(depth), True
        if start in "*+?" or _QUANTIFIER.match(self.pattern, self.place):
            raise PatternRefused(f"the quantifier at character {self.place + 1} repeats nothing")
        if start in "\\[":
            token = (_ESCAPE if start == "\\" else _CLASS).match(self.pattern, self.place)
            if token is None:
                what = "escape" if start == "\\" else "class"
                raise PatternRefused(f"the {what} at character {self.place + 1} is not one that is taken")
            self.place = token.end()
        else:
            self.place += 1
        return 1, True, False

    def group(self, depth: int) -> tuple[int, bool]:
        opened = self.place
        self.place += 1
        if self.pattern.startswith("?", self.place):
            if not self.pattern.startswith("?:", self.place):
                raise PatternRefused(f"the group at character {opened + 1} is neither '(...)' nor '(?:...)'")
            self.place += 2
        if depth > 10:
            raise PatternRefused("its groups are nested more than 10 deep")
        inside = self.alternatives(depth + 1)
        if not self.pattern.startswith(")", self.place):
            raise PatternRefused(f"the group at character {opened + 1} is not closed")
        self.place += 1
        return inside


def _choices(quantifier: re.Match[str]) -> tuple[int, int]:
    """How many numbers of repetitions there are, and the largest."""
    sign, least, comma, most, _ = quantifier.groups()
    if sign == "?":
        return 2, 1
    if sign in ("*", "+") or (comma and not most):
        return MAX_SUBJECT, MAX_SUBJECT
    upper = int(most) if comma else int(least)
    if upper < int(least):
        raise PatternRefused(f"{sign} has a minimum above its maximum")
    return upper - int(least) + 1, upper
