"""What a person says before something is changed that a command can't take back."""

from __future__ import annotations

import sys

from edgeship.cli.errors import Usage
from edgeship.cli.output import Output

UNANSWERED = "Read what it would do, then run it again with --yes."


def require_person(question: str, *, yes: bool) -> None:
    """
    Raises:
        Usage: nobody can be asked, and `--yes` was not given.
    """
    if not yes and not sys.stdin.isatty():
        raise Usage(f"{question} Nobody can be asked here: standard input is no terminal.", UNANSWERED)


def agreed(out: Output, question: str, wanted: str, *, yes: bool) -> bool:
    """Whether a person types what is wanted; with `--yes` nobody is asked.

    Raises:
        Usage: as `require_person`.
    """
    require_person(question, yes=yes)
    if yes:
        return True
    out.errors.print(question, end=" ")
    return sys.stdin.readline().strip().lower() == wanted
