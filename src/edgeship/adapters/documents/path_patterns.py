"""Patterns of paths in gitignore's syntax (https://git-scm.com/docs/gitignore)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pathspec import GitIgnoreSpec, PathSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted


class GitignorePatterns:
    """The `PathPatterns` port."""

    def ignored(self, patterns: Sequence[str]) -> Callable[[str], bool]:
        _check(patterns)
        return GitIgnoreSpec.from_lines(patterns).match_file

    def listed(self, patterns: Sequence[str]) -> Callable[[str], bool]:
        _check(patterns)
        return PathSpec.from_lines("gitignore", patterns).match_file


def _check(patterns: Sequence[str]) -> None:
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except GitIgnorePatternError:
            raise Refused(
                "pattern_invalid", f"{quoted(pattern)} is not a pattern.", "Write it as in a .gitignore."
            ) from None
