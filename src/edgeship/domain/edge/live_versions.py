"""A widget's live versions, kept in the snapshot: those that its ranges choose among.

That is every release that has been promoted and is neither quarantined nor pruned; pre-releases are in no range, as in
npm's "max satisfying" (https://github.com/npm/node-semver#prerelease-tags).

`{"1.4": "0-12,14"}` has the patches of each minor version as runs, so a widget with 10,000 releases needs about as much
room as one with 100.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

from edgeship.domain.version import Version

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.releases.release import Release

LiveVersions = Mapping[str, str]

MAX_RUN = 1_000_000
_NUMBER = "(?:0|[1-9][0-9]*)"
_MINOR = re.compile(rf"{_NUMBER}\.{_NUMBER}")
_RUNS = re.compile(rf"{_NUMBER}(?:-{_NUMBER})?(?:,{_NUMBER}(?:-{_NUMBER})?)*")


def is_live(release: Release) -> bool:
    """Whether ranges may choose it."""
    return release.promoted_at is not None and release.may_be_chosen and not release.version.prerelease


def live_versions(releases: Iterable[Release]) -> LiveVersions:
    """Those of all the widget's releases."""
    return brought_up({}, releases)


def brought_up(live: LiveVersions, releases: Iterable[Release]) -> LiveVersions:
    """The live versions when these releases are as they are now, and all others as they were."""
    patches: dict[str, set[int]] = {}
    for release in releases:
        version = release.version
        if version.prerelease:
            continue
        minor = f"{version.major}.{version.minor}"
        if minor not in patches:
            patches[minor] = set(_patches(live[minor])) if minor in live else set()
        if is_live(release):
            patches[minor].add(version.patch)
        else:
            patches[minor].discard(version.patch)
    after = {**live, **{minor: _runs(sorted(among)) for minor, among in patches.items()}}
    return {minor: runs for minor, runs in sorted(after.items()) if runs}


def newest_in_ranges(live: LiveVersions) -> dict[str, Version]:
    """The version that each range means: `1.4` its newest, and `1` that of its newest minor."""
    newest: dict[str, Version] = {}
    for minor, runs in live.items():
        major, number = minor.split(".")
        last = runs.rpartition(",")[2].rpartition("-")[2]
        version = Version(int(major), int(number), int(last))
        newest[minor] = version
        newest[major] = max(newest.get(major, version), version)
    return newest


def are_live_versions(document: object) -> bool:
    """Whether a document is what `live_versions` makes, with at most `MAX_RUN` patches in a row."""
    return isinstance(document, dict) and all(
        isinstance(minor, str) and _MINOR.fullmatch(minor) and isinstance(runs, str) and _are_runs(runs)
        for minor, runs in document.items()
    )


def _are_runs(text: str) -> bool:
    if not _RUNS.fullmatch(text):
        return False
    before = -1
    for run in text.split(","):
        first, dash, last = run.partition("-")
        begin, end = int(first), int(last or first)
        if begin <= before or (dash and not begin < end <= begin + MAX_RUN):
            return False
        before = end
    return True


def _runs(patches: list[int]) -> str:
    # In a run, the distance between a number and its place is the same.
    runs = (list(run) for _, run in groupby(enumerate(patches), lambda placed: placed[1] - placed[0]))
    return ",".join(str(run[0][1]) if len(run) == 1 else f"{run[0][1]}-{run[-1][1]}" for run in runs)


def _patches(runs: str) -> Iterator[int]:
    for run in runs.split(","):
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)
