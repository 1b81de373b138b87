"""The store of one cache, and what Cache-Control says. Pure: the clock is an argument."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from multidict import CIMultiDict, CIMultiDictProxy

DEFAULT_CAPACITY = 256 * 1024 * 1024
"""Bytes of bodies and headers held at most."""

_OVERHEAD = 512  # of an entry beyond its bytes; keeps a flood of empty answers bounded


@dataclass(frozen=True)
class CacheKey:
    """`path` as sent to the origin, `query` its selected part; `variant` what else the cache policy selects."""

    path: str
    query: str = ""
    variant: tuple[str, ...] = ()

    @property
    def uri(self) -> str:
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True)
class Stored:
    """An answer as it is sent, compressed perhaps, and the Unix times it came and stays fresh until.

    `etag` is the origin's own, to ask it whether the answer is still current: compression weakens the one in `headers`.
    """

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    received_at: float
    fresh_until: float
    etag: str | None = None

    @property
    def size(self) -> int:
        return len(self.body) + sum(len(k) + len(v) for k, v in self.headers.items()) + _OVERHEAD

    def is_fresh(self, now: float) -> bool:
        return now < self.fresh_until

    def age(self, now: float) -> int:
        """Whole seconds since the origin made it."""
        initial = self.headers.get("Age", "0")
        return int(max(0.0, now - self.received_at)) + (int(initial) if initial.isdigit() else 0)


def cache_control(value: str) -> dict[str, str]:
    """The directives of a Cache-Control header, lower case, each with its argument ("" for none)."""
    directives = {}
    for part in value.split(","):
        name, _, argument = part.strip().partition("=")
        if name:
            directives[name.strip().lower()] = argument.strip().strip('"')
    return directives


class Cache:
    """Least recently used goes first when the capacity is exceeded."""

    def __init__(self, capacity: int = DEFAULT_CAPACITY) -> None:
        self._capacity = capacity
        self._entries: OrderedDict[CacheKey, Stored] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: CacheKey) -> Stored | None:
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: CacheKey, entry: Stored) -> None:
        """Keep `entry`, unless it alone exceeds the capacity."""
        self.drop(key)
        if entry.size > self._capacity:
            return
        self._entries[key] = entry
        self.size += entry.size
        while self.size > self._capacity:
            _, oldest = self._entries.popitem(last=False)
            self.size -= oldest.size

    def drop(self, key: CacheKey) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self.size -= entry.size

    def purge(self, paths: Iterable[str]) -> int:
        """Drop every entry that one of an invalidation's `paths` covers; the number dropped.

        A path covers one URI, query string included; a trailing `*` covers every URI that begins so (Developer
        Guide, invalidation-specifying-objects). All variants of a URI go together.
        """
        covers = [_InvalidationPath(path) for path in paths]
        doomed = [key for key in self._entries if any(c.covers(key.uri) for c in covers)]
        for key in doomed:
            self.drop(key)
        return len(doomed)


class _InvalidationPath:
    def __init__(self, path: str) -> None:
        path = path if path.startswith("/") else "/" + path
        self._prefix = path[:-1] if path.endswith("*") else None
        self._exact = path

    def covers(self, uri: str) -> bool:
        return uri.startswith(self._prefix) if self._prefix is not None else uri == self._exact


def frozen_headers(pairs: Iterable[tuple[str, str]]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))
