"""A pattern's text, parsed and compiled to its program, or refused with the place."""

from __future__ import annotations

import re

from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.patterns.program import ASSERT, CHARACTER, JUMP, MATCH, MEMBER, SPLIT, is_word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.patterns.program import Program

    Part = list[tuple[int, Any, int]]
    """Instructions whose jumps are relative to their own place, so that a part can be repeated."""

MAX_PATTERN = 256
"""Characters."""
MAX_PROGRAM = 500
"""Instructions; a repeated part counts as often as it is repeated."""
MAX_NESTED = 10

_QUANTIFIER = re.compile(r"(?:([*+?])|\{(?!\})([0-9]*)(,([0-9]*))?\})(\??)")
_ESCAPE = re.compile(r"\\(?:[dDwWsSbtnr]|[^A-Za-z0-9])", re.DOTALL)
_CLASS = re.compile(r"\[(\^?)(\]?(?:[^\]\\\[]|\\(?:[dDwWsStnr]|[^A-Za-z0-9]))*)\]", re.DOTALL)
_ITEM = re.compile(r"\\.|.", re.DOTALL)
_KINDS: dict[str, Callable[[str], bool]] = {
    "d": str.isdecimal,
    "w": is_word,
    "s": str.isspace,
    "D": lambda c: not c.isdecimal(),
    "W": lambda c: not is_word(c),
    "S": lambda c: not c.isspace(),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r"}


STEPS_A_CHARACTER, STEPS_A_PART = 30, 5
"""Of an answer's work, that a pattern takes once."""


class PatternRefused(Malformed):
    """The message says why the pattern is not in the subset."""


def parse_pattern(pattern: str) -> Program:
    """The program of a pattern.

    Raises:
        PatternRefused: too long, not in the subset, or too large a program.
    """
    if len(pattern) > MAX_PATTERN:
        raise PatternRefused(f"it is longer than {MAX_PATTERN} characters")
    parser = _Parser(pattern)
    part = parser.alternatives(0)
    if parser.place < len(pattern):
        raise PatternRefused(f"a ')' at character {parser.place + 1} closes nothing")
    return [_absolute(instruction, at) for at, instruction in enumerate(part)] + [(MATCH, None, 0)]


def _absolute(instruction: tuple[int, Any, int], at: int) -> tuple[int, Any, int]:
    does, what, other = instruction
    if does == SPLIT:
        return does, at + what, at + other
    return (does, at + what, 0) if does == JUMP else instruction


class _Parser:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.place = 0

    def alternatives(self, depth: int) -> Part:
        branches = [self.sequence(depth)]
        while self.place < len(self.pattern) and self.pattern[self.place] == "|":
            self.place += 1
            branches.append(self.sequence(depth))
        part = branches.pop()
        for branch in reversed(branches):
            part = [(SPLIT, 1, len(branch) + 2), *branch, (JUMP, len(part) + 1, 0), *part]
            _check_size(len(part))
        return part

    def sequence(self, depth: int) -> Part:
        part: Part = []
        while self.place < len(self.pattern) and self.pattern[self.place] not in "|)":
            part += self.repeated(self.atom(depth))
            _check_size(len(part))
        return part

    def repeated(self, atom: Part) -> Part:
        """The atom with the quantifier that follows it, if there is one."""
        quantifier = _QUANTIFIER.match(self.pattern, self.place)
        if quantifier is None:
            return atom
        if atom and atom[0][0] == ASSERT and len(atom) == 1 and self.pattern[self.place - 1] != ")":
            raise PatternRefused(f"the quantifier at character {self.place + 1} repeats nothing")
        self.place = quantifier.end()
        if self.pattern[self.place : self.place + 1] in ("*", "+", "?"):
            raise PatternRefused(f"the quantifier at character {self.place + 1} follows another one")
        least, most = _bounds(quantifier)
        if not atom:
            return atom
        # Counted before it is built: {9999} of a long group is not.
        _check_size((len(atom) + 1) * max(least, most or 0))
        part = atom * least
        if most is None:
            loop: Part = [(SPLIT, 1, len(atom) + 2), *atom, (JUMP, -len(atom) - 1, 0)]
            return part + loop
        rest = most - least
        for left in range(rest, 0, -1):
            part += [(SPLIT, 1, left * (len(atom) + 1)), *atom]
        return part

    def atom(self, depth: int) -> Part:
        start = self.pattern[self.place]
        if start == "(":
            return self.group(depth)
        if start in "*+?" or _QUANTIFIER.match(self.pattern, self.place):
            raise PatternRefused(f"the quantifier at character {self.place + 1} repeats nothing")
        if start == "\\":
            return self.escape()
        if start == "[":
            return self.character_class()
        self.place += 1
        if start in "^$":
            return [(ASSERT, start, 0)]
        return [(MEMBER, _any_but_newline, 0) if start == "." else (CHARACTER, start, 0)]

    def escape(self) -> Part:
        token = _ESCAPE.match(self.pattern, self.place)
        if token is None:
            raise PatternRefused(f"the escape at character {self.place + 1} is not one that is taken")
        self.place = token.end()
        name = token[0][1]
        if name == "b":
            return [(ASSERT, "b", 0)]
        return [(MEMBER, _KINDS[name], 0) if name in _KINDS else (CHARACTER, _CONTROLS.get(name, name), 0)]

    def character_class(self) -> Part:
        token = _CLASS.match(self.pattern, self.place)
        if token is None:
            raise PatternRefused(f"the class at character {self.place + 1} is not one that is taken")
        start, self.place = self.place, token.end()
        items = _ITEM.findall(token[2])
        return [(MEMBER, _member_of(items, start, negated=bool(token[1])), len(items))]

    def group(self, depth: int) -> Part:
        opened = self.place
        self.place += 1
        if self.pattern.startswith("?", self.place):
            if not self.pattern.startswith("?:", self.place):
                raise PatternRefused(f"the group at character {opened + 1} is neither '(...)' nor '(?:...)'")
            self.place += 2
        if depth >= MAX_NESTED:
            raise PatternRefused(f"its groups are nested more than {MAX_NESTED} deep")
        inside = self.alternatives(depth + 1)
        if not self.pattern.startswith(")", self.place):
            raise PatternRefused(f"the group at character {opened + 1} is not closed")
        self.place += 1
        return inside


def _bounds(quantifier: re.Match[str]) -> tuple[int, int | None]:
    """The least and the greatest number of repetitions; None for no greatest."""
    sign, least, comma, most, _ = quantifier.groups()
    if sign:
        return {"*": (0, None), "+": (1, None), "?": (0, 1)}[sign]
    lower = min(int(least or 0), MAX_PROGRAM + 1)
    if not comma:
        return lower, lower
    if not most:
        return lower, None
    if int(most) < int(least or 0):
        raise PatternRefused(f"{quantifier[0]} has a minimum above its maximum")
    return lower, min(int(most), MAX_PROGRAM + 1)


def _check_size(instructions: int) -> None:
    if instructions > MAX_PROGRAM:
        raise PatternRefused(f"it has more than {MAX_PROGRAM} parts, each counted as often as it repeats")


def _any_but_newline(character: str) -> bool:
    return character != "\n"


def _member_of(items: list[str], start: int, *, negated: bool) -> Callable[[str], bool]:
    single: set[str] = set()
    ranges: list[tuple[str, str]] = []
    kinds: list[Callable[[str], bool]] = []
    place = 0
    while place < len(items):
        item = items[place]
        if place + 2 < len(items) and items[place + 1] == "-":
            first, last = _literal(item), _literal(items[place + 2])
            if first is None or last is None or last < first:
                raise PatternRefused(f"the class at character {start + 1} has a range that is none")
            ranges.append((first, last))
            place += 3
            continue
        literal = _literal(item)
        if literal is None:
            kinds.append(_KINDS[item[1]])
        else:
            single.add(literal)
        place += 1
    characters = frozenset(single)

    def is_member(character: str) -> bool:
        found = (
            character in characters
            or any(first <= character <= last for first, last in ranges)
            or any(kind(character) for kind in kinds)
        )
        return found is not negated

    return is_member


def _literal(item: str) -> str | None:
    """The character that an item of a class is; None for a kind of characters."""
    if len(item) == 1:
        return item
    return None if item[1] in _KINDS else _CONTROLS.get(item[1], item[1])
