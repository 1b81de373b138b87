"""Files that are another file of the release, compressed: `app.js.br` and `app.js.gz` beside `app.js`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from edgeship.domain.errors import Refused
from edgeship.domain.naming import TAKEN
from edgeship.domain.plain_text import quoted

SUFFIXES: Final = {".br": "br", ".gz": "gzip"}
"""And their content codings: those that CloudFront keeps apart in its cache."""


@dataclass(frozen=True)
class Sibling:
    """`path` is what `original` is under the content coding `encoding`."""

    path: str
    original: str
    encoding: str


def siblings(paths: Collection[str]) -> Iterator[Sibling]:
    """The siblings among the paths of a release. What has no original beside it is a file like any other, and so is
    what is made of a sibling (`app.js.br.gz`)."""
    for path in sorted(paths):
        original = original_of(path)
        if original in paths and original_of(original) not in paths:
            yield Sibling(path, original, SUFFIXES[path[-3:]])


def served(found: Iterable[Sibling], sizes: Mapping[str, int]) -> Iterator[tuple[str, Sibling]]:
    """What each viewer gets instead of an original: the content codings that it takes (one of `TAKEN`), and the
    smallest sibling of these. `sizes` are by path."""
    by_original: dict[str, list[Sibling]] = {}
    for sibling in found:
        by_original.setdefault(sibling.original, []).append(sibling)
    for group in by_original.values():
        for taken in TAKEN:
            fitting = [sibling for sibling in group if sibling.encoding in taken.split("-")]
            if fitting:
                yield taken, min(fitting, key=lambda sibling: (sizes[sibling.path], sibling.encoding))


def original_of(path: str) -> str:
    """The path without the ending of a sibling; "" for one that has none, which is no path of a file."""
    return path[:-3] if path[-3:] in SUFFIXES else ""


def stale(sibling: Sibling) -> Refused:
    """The refusal of a sibling whose bytes are not the original's."""
    return Refused(
        "sibling_stale",
        f"{quoted(sibling.path)} does not decode ({sibling.encoding}) to the bytes of {quoted(sibling.original)}.",
        "Compress it again after the last build step, or leave it out.",
    )
