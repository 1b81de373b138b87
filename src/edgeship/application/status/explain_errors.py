"""The errors of a release with their lines of source, and what other releases of the widget have of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Clock
from edgeship.application.releases.ports import PublishedFiles, SourceMaps
from edgeship.application.telemetry.ports import ErrorBooks, SourceDecoder
from edgeship.domain.releases.contents.source_maps import MAX_MAP_BYTES, MAX_SCRIPT_BYTES, named_map
from edgeship.domain.telemetry.beacon import fingerprint
from edgeship.domain.telemetry.error_book import TREND_HOURS, ErrorBook, KeptError
from edgeship.domain.telemetry.source_place import NO_MAP, Frame, SourcePlace, parse_frame, same_error
from edgeship.domain.version import Version

MAX_OTHER_RELEASES = 20
"""Whose books are read, the newest before the release first, to find the first version that had an error."""

Placed = SourcePlace | str
"""Where a frame is in the sources, or why that is not known."""


@dataclass(frozen=True)
class ExplainedError:
    """`places` has one entry a frame of the error. `first_version` is the oldest known to have it, among those read.

    `only_candidate` says whether the candidate has it and the stable version of its channel does not; None where the
    release is no candidate. `last_hour` and `last_day` are counts.
    """

    error: KeptError
    places: tuple[Placed, ...]
    first_version: Version
    only_candidate: bool | None
    last_hour: int
    last_day: int


@dataclass(frozen=True)
class ExplainErrors:
    state: ChannelState
    books: ErrorBooks
    maps: SourceMaps
    files: PublishedFiles
    decoder: SourceDecoder
    clock: Clock

    def __call__(self, widget: str, version: Version) -> list[ExplainedError]:
        """The release's errors, the most frequent first."""
        book = self.books.read(widget, version)
        if not book.errors:
            return []
        places = self._places(book, book.errors)
        keys = {error: _key(error, places) for error in book.errors}
        stable = [c.version for c in self.state.channels(widget) if c.candidate == version]
        others = self._others(book, [each for each in stable if each is not None])
        now = self.clock()
        return [
            ExplainedError(
                error=error,
                places=tuple(places[frame] for frame in error.frames),
                first_version=min([version, *(each for each, had in others.items() if keys[error] in had)]),
                only_candidate=all(keys[error] not in others.get(each, ()) for each in stable if each)
                if stable
                else None,
                last_hour=error.since(1, now),
                last_day=error.since(TREND_HOURS, now),
            )
            for error in book.errors
        ]

    def _others(self, book: ErrorBook, stable: Sequence[Version]) -> dict[Version, frozenset[str]]:
        """What older releases, and the stable one, have of the book's messages."""
        messages = {fingerprint(error.message) for error in book.errors}
        older = [r.version for r in self.state.releases(book.widget) if r.version < book.version]
        found = {}
        for version in dict.fromkeys([*stable, *older][: MAX_OTHER_RELEASES + len(stable)]):
            other = self.books.read(book.widget, version)
            same = [error for error in other.errors if fingerprint(error.message) in messages]
            places = self._places(other, same, frames=1)
            found[version] = frozenset(_key(error, places) for error in same)
        return found

    def _places(self, book: ErrorBook, errors: Iterable[KeptError], frames: int | None = None) -> dict[str, Placed]:
        by_path: dict[str, dict[str, Frame]] = {}
        places: dict[str, Placed] = {}
        for text in dict.fromkeys(text for error in errors for text in error.frames[:frames]):
            frame = parse_frame(text)
            if frame is None:
                places[text] = "not a place in a file"
            else:
                by_path.setdefault(unquote(frame.path), {})[text] = frame
        for path, wanted in by_path.items():
            places |= self._in_file(book, path, wanted)
        return places

    def _in_file(self, book: ErrorBook, path: str, wanted: Mapping[str, Frame]) -> dict[str, Placed]:
        script = self.files.read(book.widget, book.version, path)
        if script is None:
            return dict.fromkeys(wanted, "the release has no such file")
        if len(script) > MAX_SCRIPT_BYTES:
            return dict.fromkeys(wanted, f"the file is larger than {MAX_SCRIPT_BYTES} bytes")
        named = named_map(path, script)
        content = self.maps.read(book.widget, book.version, named) if isinstance(named, str) else named
        if content is None:
            return dict.fromkeys(wanted, NO_MAP)
        if len(content) > MAX_MAP_BYTES:
            return dict.fromkeys(wanted, f"the source map is larger than {MAX_MAP_BYTES} bytes")
        found = self.decoder.locate(script, content, [(frame.line, frame.column) for frame in wanted.values()])
        if isinstance(found, str):
            return dict.fromkeys(wanted, found)
        return {text: place or "the source map has no such place" for text, place in zip(wanted, found, strict=True)}


def _key(error: KeptError, places: Mapping[str, Placed]) -> str:
    place = places[error.frames[0]] if error.frames else None
    return same_error(error.message, place.function if isinstance(place, SourcePlace) else None)
