"""A plain reference of what the CDN answers, in memory: the same decisions as the real one, without its machinery."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha384
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs

from edgeship.domain.bucketing import is_in, rollout_salt
from edgeship.domain.releases.media_types import content_type
from functions.edge.identity import identity_of
from tests.browser.lab.builds import ENTRY, IMPORTED, EntryKind
from tests.browser.lab.site import Answered, Asked
from tests.browser.lab.stub import POLICY_PATH, TRUSTED_TYPES, stub
from tests.browser.sites import CDN_HEADERS

Serve = Literal["in_place", "pin", "redirect"]
"""`redirect` pins, too, but every module by a 302."""

PINNED_SECONDS = 60
IN_PLACE_SECONDS = 300


def integrity_of(body: bytes) -> str:
    """The hash of a file, as a tag has it."""
    return "sha384-" + b64encode(sha384(body).digest()).decode()


@dataclass
class _Latest:
    stable: str
    before: str
    candidate: str | None = None
    percent: int = 0


@dataclass
class ReferenceSite:
    """Every request to a moving path is decided by itself, from what it carries."""

    kinds: Mapping[str, EntryKind]
    serve: Serve
    _files: dict[str, bytes] = field(default_factory=dict)
    _latest: dict[str, _Latest] = field(default_factory=dict)

    def publish(self, version: str, folders: Mapping[str, Path]) -> None:
        for widget, folder in folders.items():
            for file in folder.rglob("*"):
                if file.is_file():
                    self._files[f"/{widget}/v{version}/{file.relative_to(folder).as_posix()}"] = file.read_bytes()
            self._latest.setdefault(widget, _Latest(version, version))

    def move(self, *widgets: str, version: str) -> None:
        for widget in widgets:
            self._latest[widget] = _Latest(version, self._latest[widget].stable)

    def roll_back(self, *widgets: str) -> None:
        for widget in widgets:
            self.move(widget, version=self._latest[widget].before)

    def roll_out(self, *widgets: str, version: str, percent: int) -> None:
        for widget in widgets:
            stable = self._latest[widget].stable
            self._latest[widget] = _Latest(stable, stable, version, percent)

    def abort(self, *widgets: str) -> None:
        for widget in widgets:
            self.move(widget, version=self._latest[widget].stable)

    def pause(self, *widgets: str) -> None:
        for widget in widgets:
            self._latest[widget].percent = 0

    def reset(self, *widgets: str, version: str) -> None:
        self.move(*widgets, version=version)

    async def answer(self, asked: Asked) -> Answered:
        if asked.path == POLICY_PATH:
            return _answer(200, content_type(ENTRY), TRUSTED_TYPES.read_bytes(), f"public, max-age={PINNED_SECONDS}")
        _, widget, selector, file = (*asked.path.split("/", 3), "", "")[:4]
        if selector != "latest":
            return self._file(asked.path, "public, max-age=31536000, immutable")
        if widget not in self._latest:
            return _answer(404, "text/plain", b"no such widget", "no-store")
        exact = f"/{widget}/v{self._version(widget, asked)}/{file}"
        if self.serve == "in_place":
            return self._file(exact, f"public, max-age={IN_PLACE_SECONDS}, must-revalidate")
        if exact not in self._files:
            return _answer(404, "text/plain", b"no such file", "no-store")
        cached = f"public, max-age={PINNED_SECONDS}"
        # A release may read its options from its own URL, so the query goes along.
        located = exact + (asked.query and f"?{asked.query}")
        if file == ENTRY and self.kinds[widget] == "classic":
            text = stub(asked.cdn, located[1:], integrity_of(self._files[exact]))
            return _answer(200, content_type(ENTRY), text, cached)
        if file == ENTRY and self.serve == "pin" and widget in IMPORTED:
            # Without the query: a chunk that imports the entry names it without one, and another URL is another module.
            return _answer(200, content_type(ENTRY), f'export * from "{exact}";'.encode(), cached)
        return _answer(302, "text/plain", b"", cached, Location=located)

    async def close(self) -> None:
        """Nothing is open."""

    def _version(self, widget: str, asked: Asked) -> str:
        latest = self._latest[widget]
        if latest.candidate is None:
            return latest.stable
        headers = {"user-agent": [{"value": asked.user_agent}], "cookie": [{"value": asked.cookie}]}
        request = {"querystring": asked.query, "headers": headers, "clientIp": "127.0.0.1"}
        (track,) = parse_qs(asked.query).get("edgeship-track", [""])[:1]
        salt = rollout_salt(widget, "latest", latest.candidate)
        sticky = is_in(identity_of(request), salt, latest.percent)
        chosen = track == "candidate" if track in ("stable", "candidate") else sticky
        return latest.candidate if chosen else latest.stable

    def _file(self, path: str, cached: str) -> Answered:
        if path not in self._files:
            return _answer(404, "text/plain", b"no such file", "no-store")
        return _answer(200, content_type(path), self._files[path], cached)


def _answer(status: int, kind: str, body: bytes, cached: str, **headers: str) -> Answered:
    return Answered(status, {**CDN_HEADERS, "Content-Type": kind, "Cache-Control": cached, **headers}, body)
