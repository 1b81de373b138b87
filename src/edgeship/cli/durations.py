"""Times and schedules as an operator writes them: `1h30m`, `1:1d,5:1d,25:2d,50:2d,100`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from edgeship.cli.errors import Usage
from edgeship.domain.channels.rollout import DEFAULT_STEPS, Step

_UNITS = {"d": 24 * 3600, "h": 3600, "m": 60, "s": 1}
# Nine digits are more than any limit allows, and few enough for int().
_DURATION = re.compile("".join(f"(?:([0-9]{{1,9}}){unit})?" for unit in _UNITS), re.ASCII)
_PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?", re.ASCII)
_DURATIONS = "30s, 10m, 12h, 2d, or together: 1h30m"


def parse_duration(text: str, option: str) -> int:
    """Seconds; `0` needs no unit.

    Raises:
        Usage: it is not a duration, or its units are not in the order d, h, m, s; names the option.
    """
    seconds = _seconds(text)
    if seconds is None:
        raise Usage(f"{option}: {text!r} is not a duration.", f"Write it as one of {_DURATIONS}.")
    return seconds


def parse_steps(text: str) -> tuple[Step, ...]:
    """The steps of `PERCENT:BAKE,…,100`; a percentage alone has no bake. The domain checks that they grow to 100.

    Raises:
        Usage: a part is not a step; says which, and why.
    """
    return tuple(_step(part.strip(), number) for number, part in enumerate(text.split(","), 1))


def show_duration(seconds: int) -> str:
    """As `parse_duration` reads it: the largest units first, without those that are 0."""
    shown = ""
    rest = seconds
    for unit, length in _UNITS.items():
        count, rest = divmod(rest, length)
        shown += f"{count}{unit}" if count else ""
    return shown or "0s"


def show_steps(steps: Iterable[Step]) -> str:
    """As `parse_steps` reads it."""
    return ",".join(
        f"{step.percent:g}:{show_duration(step.bake_seconds)}" if step.bake_seconds else f"{step.percent:g}"
        for step in steps
    )


def _seconds(text: str) -> int | None:
    if text == "0":
        return 0
    match = _DURATION.fullmatch(text)
    if match is None or not text:
        return None
    return sum(int(count) * length for count, length in zip(match.groups(), _UNITS.values(), strict=True) if count)


def _step(part: str, number: int) -> Step:
    percent, colon, bake = part.partition(":")
    if not _PERCENT.fullmatch(percent):
        raise _no_step(part, number, f"{percent!r} is not a percentage")
    seconds = _seconds(bake) if colon else 0
    if seconds is None:
        raise _no_step(part, number, f"{bake!r} is not a duration")
    return Step(float(percent), seconds)


def _no_step(part: str, number: int, problem: str) -> Usage:
    return Usage(
        f"--steps: step {number}, {part!r}: {problem}.",
        f"Write PERCENT:BAKE for each and 100 at the end, as in {show_steps(DEFAULT_STEPS)}. A bake is {_DURATIONS}.",
    )
