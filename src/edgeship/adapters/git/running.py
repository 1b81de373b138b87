"""Runs git and what reads its repositories: fixed arguments, no shell, no prompt, and no paging.

Whatever a name or a message holds, it is one argument, or comes on standard input.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import printable

SECONDS = 300
"""Of one command; a push of a large repository may take minutes."""
_ERROR_SHOWN = 500
_GIT = ("--no-pager", "--no-optional-locks", "--literal-pathspecs", "-c", "core.quotePath=off", "-c", "color.ui=off")
_OURS: Mapping[str, str] = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_EDITOR": ":", "GIT_MERGE_AUTOEDIT": "no"}


@dataclass(frozen=True)
class Ended:
    code: int
    out: bytes
    err: bytes

    @property
    def text(self) -> str:
        """What it printed, without the newline at the end; what is no UTF-8 is kept as escapes."""
        return self.out.decode(errors="backslashreplace").removesuffix("\n")

    @property
    def fields(self) -> list[str]:
        """What it printed, as fields that end with a NUL."""
        return self.out.decode(errors="backslashreplace").split("\0")[:-1]

    @property
    def reason(self) -> str:
        """What it said of a failure, on one line."""
        said = " ".join(self.err.decode(errors="backslashreplace").split())
        return (
            printable(said.removeprefix("fatal: ").removeprefix("error: ")[:_ERROR_SHOWN]) or f"exit code {self.code}"
        )


def run_git(folder: Path, *words: str, stdin: bytes = b"") -> Ended:
    """Run `git -C folder words`; how it ended is for the caller to judge.

    Raises:
        Refused: `git_missing`, `git_timeout`.
    """
    return run(["git", "-C", str(folder), *_GIT, *words], os.environ | _OURS, stdin)


def git_output(folder: Path, *words: str, stdin: bytes = b"") -> Ended:
    """As `run_git`, for what has to succeed.

    Raises:
        Refused: `git_failed`, too.
    """
    ended = run_git(folder, *words, stdin=stdin)
    if ended.code:
        shown = next((word for word in words if not word.startswith("-")), words[0])
        raise Refused("git_failed", f"git {shown} failed: {ended.reason}.", "Run it by hand to see more, then again.")
    return ended


def run(command: Sequence[str], environment: Mapping[str, str], stdin: bytes = b"") -> Ended:
    """Run a program.

    Raises:
        Refused: `git_missing`, `git_timeout`.
    """
    try:
        done = subprocess.run(  # noqa: S603
            command, env=environment, input=stdin, capture_output=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise Refused("git_missing", f"{command[0]} is not installed.", "Install git, then run it again.") from None
    except subprocess.TimeoutExpired:
        raise Refused(
            "git_timeout", f"{command[0]} did not end in {SECONDS} s.", "Check the remote, then run it again."
        ) from None
    return Ended(done.returncode, done.stdout, done.stderr)
