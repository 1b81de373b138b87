"""The changes of a release: for its changelog, and for its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeship.domain.plain_text import cut, printable
from edgeship.domain.versioning.commits import Commit

GROUPS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""The kinds of changes of Keep a Changelog, in its order (https://keepachangelog.com/en/1.1.0/)."""
BREAKING = "**Breaking:** "
MAX_ENTRIES, MAX_ENTRY_LENGTH = 500, 2_000
"""Of each kind, in a manifest."""
_GROUP_OF = {"feat": "Added", "fix": "Fixed", "perf": "Changed", "revert": "Removed"}
_KIND_OF = {"Added": "features", "Changed": "features", "Deprecated": "features", "Removed": "fixes"}
Entries = Mapping[str, tuple[str, ...]]
"""Texts of Markdown by the group of `GROUPS` that they stand in."""


@dataclass(frozen=True)
class Changes:
    """What a section of a changelog lists."""

    entries: Entries

    @property
    def for_manifest(self) -> dict[str, tuple[str, ...]]:
        """As a release's manifest has them: `breaking`, `features` and `fixes`, without Markdown's marks for what
        breaks."""
        found: dict[str, list[str]] = {}
        for group, texts in self.entries.items():
            for text in texts:
                breaks = text.startswith(BREAKING)
                kind = "breaking" if breaks else _KIND_OF.get(group, "fixes")
                found.setdefault(kind, []).append(cut(" ".join(text.removeprefix(BREAKING).split()), MAX_ENTRY_LENGTH))
        return {kind: tuple(texts[:MAX_ENTRIES]) for kind, texts in found.items()}


def changes_of(commits: Iterable[Commit]) -> Changes:
    """What users of the widget see of the commits (newest first), in the order in which they were made."""
    found: dict[str, list[str]] = {}
    for commit in reversed(list(commits)):
        if commit.level is None:
            continue
        group = _GROUP_OF.get(commit.kind, "Changed")
        text = _escaped(commit.line)
        if commit.breaking is not None:
            group = "Changed" if group == "Fixed" else group
            more = _escaped(commit.breaking)
            text = f"{BREAKING}{text}" if more in (text, _escaped(commit.summary)) else f"{BREAKING}{text}: {more}"
        found.setdefault(group, []).append(text)
    return Changes({group: tuple(found[group]) for group in GROUPS if group in found})


def _escaped(text: str) -> str:
    """A text of a commit as one line of Markdown: no HTML outside of `code`, and no control characters."""
    line = printable(" ".join(text.split()))
    parts = line.split("`")
    # Without a partner, the last backtick opens no code.
    return "`".join(
        part if number % 2 and number < len(parts) - 1 else _no_html(part) for number, part in enumerate(parts)
    )


def _no_html(text: str) -> str:
    return text.replace("<", "&lt;")
