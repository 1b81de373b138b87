"""What would change in a file, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeship.application.versioning.bump_version import FileChange


def file_diff(change: FileChange) -> Iterator[str]:
    """A unified diff, with two lines around each change."""
    before, after = (content.decode(errors="replace") for content in (change.before or b"", change.after))
    name = "/dev/null" if change.before is None else f"a/{change.path}"
    lines = unified_diff(before.split("\n"), after.split("\n"), name, f"b/{change.path}", n=2, lineterm="")
    yield from (line.rstrip("\r") for line in lines)
