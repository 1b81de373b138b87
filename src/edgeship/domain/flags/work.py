"""How much work one answer may take: steps are counted where a context, a list or a text decides how many there are.

A step takes 100 to 400 ns on a core, so an answer takes at most some 30 ms, whatever the flags and the context hold.
What the flags' file alone bounds is not counted: the snapshot has a limit of its own.

The count is a list of one number, the steps that are left; one for all the flags of an answer.
"""

from __future__ import annotations

Work = list[int]

MAX_STEPS = 50_000


class OutOfWork(Exception):
    """The steps of this answer are used up."""


def spend(work: Work, steps: int) -> None:
    """Take the steps before they are done.

    Raises:
        OutOfWork: there are not as many left; what costs steps fails from now on.
    """
    work[0] -= steps
    if work[0] < 0:
        raise OutOfWork


def spend_on_search(work: Work, text: str, part: str) -> None:
    """The steps to find `part` in `text`, which can take the product of their lengths."""
    spend(work, 1 + (len(text) * min(len(part), 100) >> 6))
