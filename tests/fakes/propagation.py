"""What the propagation needs, in memory, safe among threads: a bucket, the edge, and CDNs that keep copies."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from edgeship.application.ports import WebAnswer
from edgeship.application.propagation.ports import CdnBusy, StoredFile
from edgeship.application.status.ports import EnvironmentState
from edgeship.domain.naming import LATEST, MANIFEST_NAME, release_prefix
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Stored:
    body: bytes
    version: str
    retired_at: datetime | None = None


@dataclass
class FakeTime:
    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class FakeBucket:
    """The site bucket. `written` are the keys in the order they were written."""

    objects: dict[str, Stored] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)

    def put(self, key: str, stored: Stored) -> None:
        self.objects[key] = stored
        self.written.append(key)

    def publish(self, widget: str, version: str, files: Mapping[str, bytes], entrypoint: str = "widget.js") -> None:
        """A release's files and its manifest, which is kept as its repr: nobody reads its bytes."""
        prefix = release_prefix(widget, Version.parse(version))
        for path, body in files.items():
            self.objects[prefix + path] = Stored(body, version)
        self.objects[prefix + MANIFEST_NAME] = Stored(f"{version} {sorted(files)}".encode(), version)

    def manifest(self, widget: str, version: Version) -> Manifest | None:
        prefix = release_prefix(widget, version)
        files = {key.removeprefix(prefix): o for key, o in self.objects.copy().items() if key.startswith(prefix)}
        if files.pop(MANIFEST_NAME, None) is None:
            return None
        entries = {
            path: FileEntry(len(o.body), hashlib.sha256(o.body).hexdigest(), "", "text/javascript")
            for path, o in files.items()
        }
        return Manifest(widget, version, "", None, "widget.js", entries)

    def put_files(self, *_: object) -> None:
        raise NotImplementedError

    def put_manifest(self, manifest: Manifest) -> Manifest:
        raise NotImplementedError


@dataclass
class FakeLatestCopies:
    """`before_copy` is called before each file that is copied: the moment for somebody else to do something."""

    bucket: FakeBucket
    before_copy: Callable[[str], None] = lambda _: None

    def files(self, widget: str) -> Mapping[str, StoredFile]:
        return self._list(f"{widget}/{LATEST}/")

    def release_files(self, widget: str, version: Version) -> Mapping[str, StoredFile]:
        return self._list(release_prefix(widget, version))

    def copy(self, widget: str, version: Version, types: Mapping[str, str]) -> None:
        for path in types:
            self.before_copy(path)
            source = self.bucket.objects[release_prefix(widget, version) + path]
            self.bucket.put(f"{widget}/{LATEST}/{path}", source)

    def sha256(self, widget: str, path: str) -> str | None:
        stored = self.bucket.objects.get(f"{widget}/{LATEST}/{path}")
        return hashlib.sha256(stored.body).hexdigest() if stored else None

    def retire(self, widget: str, paths: Iterable[str], at: datetime) -> None:
        for path in paths:
            key = f"{widget}/{LATEST}/{path}"
            if self.bucket.objects[key].retired_at is None:
                self.bucket.put(key, replace(self.bucket.objects[key], retired_at=at))

    def _list(self, prefix: str) -> dict[str, StoredFile]:
        return {
            key.removeprefix(prefix): StoredFile(hashlib.md5(o.body).hexdigest(), len(o.body))
            for key, o in self.bucket.objects.copy().items()
            if key.startswith(prefix)
        }


@dataclass
class FakeEdge:
    """The CDN with the edge, which knows of a move after `lag` seconds; `candidates` are served to everybody."""

    state: EnvironmentState
    bucket: FakeBucket
    clock: FakeTime
    lag: float = 0
    candidates: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, query: str = "") -> WebAnswer:
        widget, selector, file = path.removeprefix("/").split("/", 2)
        version = self.candidates.get(widget) or self._version(widget, selector)
        stored = self.bucket.objects.get(f"{widget}/v{version}/{file}")
        if stored is None:
            return WebAnswer(404, {}, b"not found")
        return WebAnswer(200, {"x-amz-meta-version": stored.version}, stored.body)

    def _version(self, widget: str, selector: str) -> str:
        if selector.startswith("v"):
            return selector[1:]
        channel = self.state.channel(widget, selector.removeprefix("~"))
        if channel.version is None:  # a range
            channel = self.state.channel(widget, LATEST)
        moved_at = datetime.fromisoformat(channel.moved_at) if channel.moved_at else self.clock.now
        if (self.clock.now - moved_at).total_seconds() < self.lag and channel.trail:
            return str(channel.trail[-1])
        return str(channel.version)


@dataclass
class FakeCdn:
    """A cache by path in front of `origin`. `busy` requests are turned away first; `fault` is raised by each."""

    name: str
    origin: FakeEdge
    cache: dict[str, WebAnswer] = field(default_factory=dict)
    busy: int = 0
    retry_after: float | None = None
    fault: Exception | None = None
    paths: int = 0
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The folders of each reference."""

    def get(self, path: str, query: str = "") -> WebAnswer:
        kept = self.cache.get(path)
        if kept is None:
            kept = self.cache[path] = self.origin.get(path)
        return kept

    def refresh(self, folders: Sequence[str], reference: str) -> int:
        if self.fault is not None:
            raise self.fault
        if self.busy:
            self.busy -= 1
            raise CdnBusy("too many requests", self.retry_after)
        self.asked[reference] = tuple(folders)
        for path in [path for path in self.cache.copy() if path.startswith(tuple(folders))]:
            self.cache.pop(path, None)
        return self.paths and len(folders)

    def is_refreshed(self) -> bool:
        return True


@dataclass
class FakePathCounts:
    totals: list[tuple[int, str, int]] = field(default_factory=list)

    def counted(self, paths: int, month: str, total: int) -> None:
        self.totals.append((paths, month, total))
