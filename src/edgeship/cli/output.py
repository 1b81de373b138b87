"""Two forms of one result: a document for programs, tables for people.

Standard output has only results; progress, notes and errors go to standard error.
"""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from edgeship.cli.errors import Failure
from edgeship.domain.plain_text import printable, when

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.text import Text

_PIPED_WIDTH = 1_000
"""Columns without a terminal: wide enough that no row of a table wraps."""


@dataclass(frozen=True)
class Output:
    """The output of one command; with `as_json` the result is exactly one JSON document."""

    as_json: bool

    @property
    def on_a_terminal(self) -> bool:
        """Whether a person reads the result on a screen."""
        return not self.as_json and sys.stdout.isatty()

    @property
    def errors(self) -> Console:
        return console(sys.stderr)

    def result(self, document: Mapping[str, Any], shown: Iterable[RenderableType]) -> None:
        """Print the command's result: the document under `--json`, else what is shown."""
        if self.as_json:
            _write_json(document)
            return
        if sys.stdout.isatty():
            out = console(sys.stdout)
            for renderable in shown:
                out.print(renderable)
            return
        # A table pads its cells to the widest of their column, which is of use on a screen alone.
        whole = _Kept(sys.stdout.encoding)
        piped = console(whole)
        for renderable in shown:
            piped.print(renderable)
        write("".join(f"{line.rstrip()}\n" for line in whole.getvalue().splitlines()))

    def note(self, text: str) -> None:
        """Print something for a person, besides the result."""
        self.errors.print(plain(text, "dim"))

    def warning(self, text: str) -> None:
        """Print what will fail, though the command does its work."""
        self.errors.print(plain(f"warning: {text}", "yellow"))

    def failure(self, failure: Failure) -> None:
        """Print why a command failed: always for people, and for programs under `--json`."""
        errors = self.errors
        errors.print(plain(f"error: {failure.reason}", "bold red"), plain(failure.remedy), sep="\n")
        if self.as_json:
            _write_json(failure.to_dict())


class ReaderGone(Exception):
    """The reader of the output has read enough, as `head` does. What the command did is done."""


def write(text: str) -> None:
    """Write to standard output.

    Raises:
        ReaderGone: nobody reads it any more. Nothing is written from then on.
    """
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes what is left at its end, too.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ReaderGone from None


class _Kept(io.StringIO):
    """Text for a stream of this encoding: a table has lines of ASCII where that is not a Unicode one."""

    def __init__(self, encoding: str | None) -> None:
        super().__init__()
        self._encoding = encoding or "utf-8"

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def console(stream: IO[str]) -> Console:
    """A console that prints text unchanged: no markup, no highlighting."""
    from rich.console import Console

    terminal = stream.isatty()
    width = None if terminal else _PIPED_WIDTH
    return Console(file=stream, width=width, markup=False, highlight=False, soft_wrap=not terminal)


def plain(text: object, style: str = "") -> Text:
    """Text with every control character made visible: names and reasons may come from a hostile upload."""
    from rich.text import Text

    return Text(printable(text, keep="\n"), style=style)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], empty: str = "") -> RenderableType:
    """A table with a title; without rows, `empty` in its place."""
    from rich import box
    from rich.table import Table

    made = Table(title=plain(title, "bold"), title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*(plain(cell) for cell in row))
    return made if made.row_count else plain(empty)


def grid(rows: Iterable[Sequence[Text]]) -> RenderableType:
    """Rows without lines or titles. The last column takes what is left of the width, and wraps."""
    from rich.table import Table

    listed = list(rows)
    made = Table.grid(padding=(0, 2))
    columns = max((len(row) for row in listed), default=0)
    for number in range(columns):
        made.add_column(overflow="fold", no_wrap=number < columns - 1)
    for row in listed:
        made.add_row(*row)
    return made


def hold(reason: Mapping[str, Any] | None) -> str:
    """Why, by whom and since when something is locked or quarantined; `-` when it is not."""
    return f"{reason['cause']} ({reason['actor']}, {when(reason['since'])})" if reason else "-"


def _write_json(document: Mapping[str, Any]) -> None:
    takes_all = (sys.stdout.encoding or "").lower() in ("utf-8", "utf8")
    write(json.dumps(document, indent=2, ensure_ascii=not takes_all) + "\n")
