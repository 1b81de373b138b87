"""The steps that an operator of JsonLogic may take for its arguments: all of them are linear in these at most."""

from __future__ import annotations

from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.work import Work


def spend_on(work: Work, value: Any) -> None:
    """What it takes to write the value as a text, or to go through it.

    Raises:
        OutOfWork: see there.
    """
    if type(value) is str:
        # JavaScript's units of a text outside of ASCII are made one by one.
        spend(work, len(value) >> 4 if value.isascii() else 3 * len(value))
        return
    waiting = [value]
    while waiting:
        elements = waiting.pop()
        spend(work, 2 * len(elements))
        for element in elements:
            kind = type(element)
            if kind is list:
                waiting.append(element)
            elif kind is str:
                if len(element) > 32:
                    spend(work, len(element) >> 4 if element.isascii() else 3 * len(element))
            elif kind is float or kind is int:
                spend(work, 6)
