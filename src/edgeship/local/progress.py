"""How long work shows itself to whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text


@contextmanager
def progress_line(console: Console, opening: str) -> Iterator[Callable[[str], None]]:
    """Gives a function that tells what is being done, callable from any thread.

    On a terminal that is one line that changes and goes at the end. Elsewhere it is a line for each step, without the
    deployment's resources, of which there are many.
    """
    if console.is_terminal:
        with console.status(Text(opening)) as status:
            yield lambda step: status.update(Text(step, no_wrap=True, overflow="ellipsis"))
        return

    def tell(step: str) -> None:
        if " AWS::" not in step and not step.startswith("asset "):
            console.print(Text(step))

    tell(opening)
    yield tell
