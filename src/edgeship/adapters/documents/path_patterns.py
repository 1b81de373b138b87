"""Patterns of paths: gitignore's (https://git-scm.com/docs/gitignore), and npm's (https://github.com/isaacs/minimatch)."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from functools import cache

import bracex
from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError
from wcmatch import glob

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.contents.npm_files import NEVER_NESTED, Rule

_FLAGS = glob.GLOBSTAR | glob.EXTGLOB | glob.DOTGLOB | glob.IGNORECASE | glob.FORCEUNIX
_MAX_ALTERNATIVES = 1_000
"""Of one pattern, its braces expanded."""


class GitignorePatterns:
    """The `PathPatterns` port."""

    def ignored(self, patterns: Sequence[str]) -> Callable[[str], bool]:
        _check(patterns)
        return GitIgnoreSpec.from_lines(patterns).match_file

    def packed(self, rules: Sequence[Rule]) -> Callable[[str], bool]:
        compiled = [_Glob(rule) for rule in rules]
        never_nested = [_Glob(Rule(name, packs=False)) for name in NEVER_NESTED]

        @cache
        def leads_to(folder: str) -> bool:
            above = posixpath.dirname(folder)
            if above and (not leads_to(above) or any(each.matches(folder) for each in never_nested)):
                return False
            return _decide(compiled, lambda each: each.leads_to(folder) if each.packs else each.matches_folder(folder))

        def is_packed(path: str) -> bool:
            folder = posixpath.dirname(path)
            if folder and (not leads_to(folder) or any(each.matches(path) for each in never_nested)):
                return False
            return _decide(compiled, lambda each: each.matches(path))

        return is_packed


class _Glob:
    """A rule as minimatch reads it, with its options `matchBase`, `dot` and `nocase`."""

    def __init__(self, rule: Rule) -> None:
        self.packs = rule.packs
        try:
            written = bracex.expand(rule.pattern.strip(), limit=_MAX_ALTERNATIVES)
            self._alternatives = [[part for part in each.split("/") if part] for each in written]
            anywhere = not rule.pattern.strip().startswith("/")
            self._whole = [
                glob.compile("/".join(["**", *parts] if anywhere and len(parts) == 1 else parts), flags=_FLAGS)
                for parts in self._alternatives
                if parts
            ]
        except (bracex.ExpansionLimitException, ValueError, re.error):
            raise Refused(
                "pattern_invalid",
                f"{quoted(rule.pattern)} in files of package.json is not a pattern.",
                "Write it as a glob, such as dist/**/*.js.",
            ) from None

    def matches(self, path: str) -> bool:
        return any(whole.match(path) for whole in self._whole)

    def matches_folder(self, folder: str) -> bool:
        return any(whole.match(folder) or whole.match(f"{folder}/") for whole in self._whole)

    def leads_to(self, folder: str) -> bool:
        """Whether something in the folder may match."""
        names = folder.split("/")
        return self.matches(folder) or any(_begins(parts, names) for parts in self._alternatives)


def _begins(parts: Sequence[str], names: Sequence[str]) -> bool:
    for part, name in zip(parts, names, strict=False):
        if part == "**":
            return True
        if not glob.globmatch(name, part, flags=_FLAGS):
            return False
    return len(names) <= len(parts)


def _decide(globs: Sequence[_Glob], matches: Callable[[_Glob], bool]) -> bool:
    packed = True
    for each in globs:
        if each.packs is not packed and matches(each):
            packed = each.packs
    return packed


def _check(patterns: Sequence[str]) -> None:
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except GitIgnorePatternError:
            raise Refused(
                "pattern_invalid", f"{quoted(pattern)} is not a pattern.", "Write it as in a .gitignore."
            ) from None
