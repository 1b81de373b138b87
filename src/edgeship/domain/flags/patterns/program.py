"""A pattern's program, and whether a text has a part that it matches: every state is followed at once."""

from __future__ import annotations

from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.work import Work

    Instruction = tuple[int, Any, int]
    Program = list[Instruction]

CHARACTER, MEMBER, SPLIT, JUMP, ASSERT, MATCH = range(6)
"""What an instruction does: `(CHARACTER, c, 0)` and `(MEMBER, predicate, steps)` take one character, `(SPLIT, there,
there_too)` and `(JUMP, there, 0)` go on elsewhere, `(ASSERT, "^" | "$" | "b", 0)` holds at a place or not. The `steps`
of a predicate are those beside the usual two. What takes a character has the lowest numbers."""


def matches(program: Program, text: str, work: Work) -> bool:
    """Whether a part of the text matches. Takes at most a few steps for each instruction and each character.

    Raises:
        OutOfWork: that is more than there are left.
    """
    place = 0
    arrived: list[int] = []
    while True:
        if not arrived:
            place = _next_start(program, text, place)
            if place < 0:
                return False
        taking, steps = _follow(program, [*arrived, 0], text, place)
        spend(work, steps)
        if taking is None:
            return True
        if place == len(text):
            return False
        character = text[place]
        arrived = [
            at + 1
            for at in taking
            if (program[at][1] == character if program[at][0] == CHARACTER else program[at][1](character))
        ]
        place += 1


def _next_start(program: Program, text: str, place: int) -> int:
    """The next place at which a match can begin, -1 for none: a shortcut."""
    does, what, _ = program[0]
    if does == CHARACTER:
        return text.find(what, place)
    return -1 if place and (does, what) == (ASSERT, "^") else place


def _follow(program: Program, waiting: list[int], text: str, place: int) -> tuple[list[int] | None, int]:
    """The instructions that take the next character, None when all is matched; and the steps to find them."""
    seen: set[int] = set()
    taking: list[int] = []
    steps = 0
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        does, what, other = program[at]
        if does <= MEMBER:
            taking.append(at)
            steps += other
        elif does == SPLIT:
            waiting.append(what)
            waiting.append(other)
        elif does == JUMP:
            waiting.append(what)
        elif does == MATCH:
            return None, steps + 2 * len(seen)
        elif _holds(what, text, place):
            waiting.append(at + 1)
    return taking, steps + 2 * len(seen)


def is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _holds(assertion: str, text: str, place: int) -> bool:
    if assertion == "^":
        return place == 0
    if assertion == "$":
        return place == len(text) or (place == len(text) - 1 and text[place] == "\n")
    before = place > 0 and is_word(text[place - 1])
    return before is not (place < len(text) and is_word(text[place]))
