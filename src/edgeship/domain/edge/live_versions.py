"""A widget's live versions, kept in the snapshot: those that its ranges choose among.

That is every release that has been promoted and is not quarantined; pre-releases are in no range, as in npm's "max
satisfying" (https://github.com/npm/node-semver#prerelease-tags).

`{"1.4": "0-12,14"}` has the patches of each minor version as runs, so a widget with 10,000 releases needs about as much
room as one with 100.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version

LiveVersions = Mapping[str, str]


def is_live(release: Release) -> bool:
    """Whether ranges may choose it."""
    return release.promoted_at is not None and release.quarantine is None and not release.version.prerelease


def live_versions(releases: Iterable[Release]) -> LiveVersions:
    """Those of all the widget's releases."""
    return _with({}, releases)


def brought_up(live: LiveVersions, releases: Iterable[Release]) -> LiveVersions:
    """The live versions when these releases are as they are now, and all others as they were."""
    return _with({minor: set(_patches(runs)) for minor, runs in live.items()}, releases)


def newest_in_ranges(live: LiveVersions) -> dict[str, Version]:
    """The version that each range means: `1.4` its newest, and `1` that of its newest minor."""
    newest: dict[str, Version] = {}
    for minor, runs in live.items():
        major, number = minor.split(".")
        version = Version(int(major), int(number), max(_patches(runs)))
        newest[minor] = version
        newest[major] = max(newest.get(major, version), version)
    return newest


def _with(patches: dict[str, set[int]], releases: Iterable[Release]) -> LiveVersions:
    for release in releases:
        version = release.version
        if version.prerelease:
            continue
        among = patches.setdefault(f"{version.major}.{version.minor}", set())
        if is_live(release):
            among.add(version.patch)
        else:
            among.discard(version.patch)
    return {minor: _runs(sorted(among)) for minor, among in sorted(patches.items()) if among}


def _runs(patches: list[int]) -> str:
    # In a run, the distance between a number and its place is the same.
    runs = (list(run) for _, run in groupby(enumerate(patches), lambda placed: placed[1] - placed[0]))
    return ",".join(str(run[0][1]) if len(run) == 1 else f"{run[0][1]}-{run[-1][1]}" for run in runs)


def _patches(runs: str) -> Iterator[int]:
    for run in runs.split(","):
        first, _, last = run.partition("-")
        yield from range(int(first), int(last or first) + 1)
