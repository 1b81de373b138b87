"""What the propagation needs, in memory, safe among threads: the latest copies, and CDNs that keep what they serve."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from edgeship.application.ports import WebAnswer
from edgeship.application.propagation.ports import CdnBusy, StoredFile
from edgeship.domain.errors import Conflict
from edgeship.domain.naming import copies_prefix, release_prefix
from edgeship.domain.version import Version
from tests.fakes.releases import FakeSite
from tests.fakes.web import FakeWeb


@dataclass
class FakeLatestCopies:
    """`before_copy` is called before each file that is copied: the moment for somebody else to do something."""

    site: FakeSite
    before_copy: Callable[[str], None] = lambda _: None

    def files(self, widget: str) -> Mapping[str, StoredFile]:
        return self._list(copies_prefix(widget))

    def release_files(self, widget: str, version: Version) -> Mapping[str, StoredFile]:
        return self._list(release_prefix(widget, version))

    def copy(self, widget: str, version: Version, types: Mapping[str, str]) -> None:
        for path in types:
            self.before_copy(path)
            source = self.site.objects[release_prefix(widget, version) + path]
            self.site.put(copies_prefix(widget) + path, source)

    def sha256(self, widget: str, path: str) -> str | None:
        stored = self.site.objects.get(copies_prefix(widget) + path)
        return hashlib.sha256(stored.body).hexdigest() if stored else None

    def retire(self, widget: str, paths: Iterable[str], at: datetime) -> None:
        for path in paths:
            key = copies_prefix(widget) + path
            if self.site.objects[key].retired_at is None:
                self.site.put(key, replace(self.site.objects[key], retired_at=at))

    def _list(self, prefix: str) -> dict[str, StoredFile]:
        return {
            key.removeprefix(prefix): StoredFile(hashlib.md5(o.body).hexdigest(), len(o.body))
            for key, o in self.site.objects.copy().items()
            if key.startswith(prefix)
        }


@dataclass
class FakeCdn:
    """A cache by path in front of `origin`. `busy` requests are turned away first; `fault` is raised by each."""

    name: str
    origin: FakeWeb
    cache: dict[str, WebAnswer] = field(default_factory=dict)
    busy: int = 0
    retry_after: float | None = None
    fault: Exception | None = None
    paths: int = 0
    asked: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The folders of each reference."""

    def get(self, path: str, query: str = "", taken: str = "") -> WebAnswer:
        key = f"{path} {taken}".strip()
        kept = self.cache.get(key)
        if kept is None:
            kept = self.cache[key] = self.origin.get(path, taken=taken)
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
class FakeMovingManifests:
    """`before_put` is called before each write: the moment for somebody else to do something."""

    documents: dict[tuple[str, Version], bytes] = field(default_factory=dict)
    before_put: Callable[[], None] = lambda: None
    writes: int = 0

    def etags(self, widget: str) -> Mapping[Version, str]:
        return {version: _md5(body) for (name, version), body in self.documents.items() if name == widget}

    def put(self, widget: str, version: Version, document: bytes, replaces: str | None) -> None:
        self.before_put()
        there = self.documents.get((widget, version))
        if (_md5(there) if there is not None else None) != replaces:
            raise Conflict("written by another run")
        self.documents[widget, version] = document
        self.writes += 1


def _md5(body: bytes) -> str:
    return f'"{hashlib.md5(body).hexdigest()}"'


@dataclass
class FakePathCounts:
    totals: list[tuple[int, str, int]] = field(default_factory=list)

    def counted(self, paths: int, month: str, total: int) -> None:
        self.totals.append((paths, month, total))
