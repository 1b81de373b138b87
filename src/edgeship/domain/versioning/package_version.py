"""The version in a `package.json` or a lock file of npm, in place: no other byte of the file changes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from json.decoder import scanstring  # type: ignore[attr-defined]

from edgeship.domain.version import Version

_SPACE = " \t\n\r"
_DECODER = json.JSONDecoder()


def with_version(content: bytes, paths: Sequence[Sequence[str]], version: Version) -> bytes:
    """The document with a version at each of these paths that it has a text at.

    Raises:
        ValueError: it is not JSON in UTF-8.
    """
    text = content.decode()
    start = len(text) - len(text.removeprefix("\ufeff"))
    _DECODER.decode(text[start:])
    spans = [span for path in paths if (span := _span(text, start, path)) is not None]
    for begin, end in sorted(spans, reverse=True):
        text = f'{text[:begin]}"{version}"{text[end:]}'
    return text.encode()


def _span(text: str, place: int, path: Sequence[str]) -> tuple[int, int] | None:
    """Where the text at a path stands, quotes included. Of a name that is there twice, the last counts, as in npm."""
    place = _past_space(text, place)
    if not path:
        return (place, _end_of_value(text, place)) if text[place : place + 1] == '"' else None
    if text[place : place + 1] != "{":
        return None
    found = None
    for name, begin in _members(text, place):
        if name == path[0]:
            found = _span(text, begin, path[1:])
    return found


def _members(text: str, place: int) -> Iterator[tuple[str, int]]:
    """The members of the object at a place: each name, and where its value begins."""
    place = _past_space(text, place + 1)
    while text[place : place + 1] == '"':
        name, place = scanstring(text, place + 1, True)
        place = _past_space(text, place)
        if text[place : place + 1] != ":":
            raise ValueError("a name without a value")
        begin = _past_space(text, place + 1)
        yield name, begin
        place = _past_space(text, _end_of_value(text, begin))
        if text[place : place + 1] == ",":
            place = _past_space(text, place + 1)


def _end_of_value(text: str, place: int) -> int:
    return _DECODER.raw_decode(text, place)[1]


def _past_space(text: str, place: int) -> int:
    while text[place : place + 1] and text[place] in _SPACE:
        place += 1
    return place
