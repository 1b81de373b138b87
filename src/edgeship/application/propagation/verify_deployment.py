"""Probe a channel through every CDN, and check its latest copies: do browsers get the version that it points at?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import unquote, urlsplit

from edgeship.application.ports import Clock, Sleep, Web, WebAnswer
from edgeship.application.propagation.ports import DeploymentState, LatestCopies
from edgeship.application.propagation.released_manifest import released_manifest
from edgeship.application.releases.ports import Site
from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge.live_versions import live_versions, newest_in_ranges
from edgeship.domain.naming import LATEST
from edgeship.domain.propagation.deployment import LATEST_COPIES, Mismatch, MismatchKind
from edgeship.domain.propagation.probe import Answer, Decision, Probe, mismatch_of, probes_of
from edgeship.domain.releases.manifest import DIRECTORY_INDEX, Manifest
from edgeship.domain.version import Version

VERSION_HEADER = "x-amz-meta-version"
PROBES_AT_ONCE = 8
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0


@dataclass(frozen=True)
class Found:
    """How many answers and copies were checked, and their mismatches."""

    checked: int
    mismatches: tuple[Mismatch, ...]


@dataclass(frozen=True)
class VerifyDeployment:
    """`webs` has each CDN as a browser sees it, by name."""

    state: DeploymentState
    site: Site
    copies: LatestCopies
    webs: Mapping[str, Web]
    clock: Clock
    sleep: Sleep
    pointer_max_age: int | None = None
    """Seconds for which a browser may keep a redirect; None: not checked."""

    def __call__(
        self, channel: Channel, patience: float, between: Callable[[Sequence[Mismatch]], None] = lambda _: None
    ) -> Found:
        """Probe until everything matches, for `patience` seconds at most: each edge location sees the store of routes
        in its own time. `between` gets the mismatches of a round before the next; an exception that it raises ends it.

        Raises:
            RuntimeError: the release's manifest is not in the site bucket.
        """
        assert channel.version is not None
        manifest = released_manifest(self.site, channel)
        releases = [r for r in self.state.releases(channel.widget) if r.may_be_chosen]
        ranges = {name: str(version) for name, version in newest_in_ranges(live_versions(releases)).items()}
        probes = [(cdn, probe) for cdn in self.webs for probe in probes_of(channel, manifest, ranges)]
        also_served = _AlsoServed(self, channel, tuple(release.version for release in releases))
        deadline, pause = self.clock().timestamp() + patience, FIRST_PAUSE
        left = probes
        while True:
            with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
                found = list(pool.map(partial(self._probe, manifest, also_served), left))
            failed = [(at, mismatch) for at, mismatch in zip(left, found, strict=True) if mismatch is not None]
            if not failed or self.clock().timestamp() + pause > deadline:
                break
            between([mismatch for _, mismatch in failed])
            self.sleep(pause)
            left, pause = [at for at, _ in failed], min(2 * pause, LONGEST_PAUSE)
        mismatches = [mismatch for _, mismatch in failed]
        checked = len(probes)
        if channel.name == LATEST:
            checked += len(manifest.files)
            mismatches += self._copies(channel.widget, channel.version, manifest)
        return Found(checked, tuple(mismatches))

    def _probe(self, manifest: Manifest, also_served: _AlsoServed, at: tuple[str, Probe]) -> Mismatch | None:
        cdn, probe = at
        try:
            got = self.webs[cdn].get(probe.path, taken=probe.taken)
        except OSError as error:
            return Mismatch(cdn, probe.path, MismatchKind.UNREACHABLE, "an answer", type(error).__name__)
        version, encoding = got.headers.get(VERSION_HEADER, ""), got.headers.get("content-encoding", "")
        answer = Answer(got.status, version, got.sha256, _decision(got.led_by), encoding)
        expected = None if self.pointer_max_age is None else f"public, max-age={self.pointer_max_age}"
        return mismatch_of(cdn, probe, answer, manifest, also_served, expected)

    def _copies(self, widget: str, version: Version, manifest: Manifest) -> Iterator[Mismatch]:
        """Compare every copy by ETag and size; a copy that differs is read and compared by its bytes."""
        there = self.copies.files(widget)
        wanted = self.copies.release_files(widget, version)
        files = dict(manifest.files)
        if manifest.has_directory_index and DIRECTORY_INDEX in wanted:
            files[DIRECTORY_INDEX] = manifest.files[manifest.entrypoint]
        for path, entry in sorted(files.items()):
            if path in there and there[path] == wanted.get(path):
                continue
            sha256 = self.copies.sha256(widget, path)
            if sha256 != entry.sha256:
                yield Mismatch(
                    LATEST_COPIES, f"/{widget}/{LATEST}/{path}", MismatchKind.BYTES, entry.sha256, sha256 or "no file"
                )


def _decision(led_by: WebAnswer | None) -> Decision | None:
    if led_by is None or led_by.leads_to is None:
        return None
    headers = led_by.headers
    return Decision(
        headers.get(VERSION_HEADER, ""),
        unquote(urlsplit(led_by.leads_to).path),
        headers.get("access-control-allow-origin", ""),
        headers.get("cache-control", ""),
        led_by.body.decode(errors="replace") if led_by.status == 200 else None,
    )


@dataclass(frozen=True)
class _AlsoServed:
    """The manifests of the other versions that the channel may serve now. They are read only when they are needed."""

    verify: VerifyDeployment
    channel: Channel
    good: tuple[Version, ...]

    def __iter__(self) -> Iterator[Manifest]:
        now = self.verify.state.channel(self.channel.widget, self.channel.name)
        versions = list(self.good) if now.flag else []
        if now.rollout is not None and now.candidate in self.good and now.rollout.percent:
            versions.append(now.candidate)
        for version in versions:
            manifest = self.verify.site.manifest(self.channel.widget, version)
            if manifest is not None:
                yield manifest
