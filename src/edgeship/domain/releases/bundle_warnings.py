"""What will fail in browsers with a bundle that may be published all the same: found in its files beforehand."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from edgeship.domain.plain_text import size as size_text
from edgeship.domain.releases.contents.source_maps import MAX_MAP_BYTES, is_map
from edgeship.domain.releases.entry import SCRIPTS, STYLES, Entry
from edgeship.domain.releases.manifest import Manifest

SEARCHED = (*SCRIPTS, *STYLES, ".html", ".htm", ".json")
"""The files that are searched, by the ends of their names."""
MAX_SEARCHED_BYTES = 64 * 1024 * 1024
"""In all files of a bundle; those after it are not searched."""
_SHOWN_URL_BYTES = 200
_RELATIVE = "Build with a relative path (webpack: publicPath 'auto', Vite: base './')."

_MAP_REFERENCE = re.compile(rb"/[/*][#@][ \t]*sourceMappingURL=([^\s*'\"]{1,1000})")
_URL_STARTS = re.compile(rb"[^\s\"'`()<>=,;]*\Z")


@dataclass(frozen=True)
class BundleWarning:
    """One line about one file. Codes: `moving_path`, `other_release`, `source_map` and `large_map`; of the entrypoint,
    those of `entry_warnings`."""

    code: str
    path: str
    text: str


def find_warnings(
    manifest: Manifest, packed: Collection[str], contents: Iterable[tuple[str, bytes]]
) -> list[BundleWarning]:
    """The warnings about the public files in `contents`, at most one a code and file, in the order of the codes.

    `packed` are the paths of all files in the archive, private ones as well. `contents` is read no further than the
    limit.
    """
    found: list[BundleWarning] = []
    searched = 0
    # Once: it goes through all files.
    entry = manifest.entry
    for path, content in contents:
        searched += len(content)
        if searched > MAX_SEARCHED_BYTES:
            break
        about_file = (
            _moving_path(manifest.widget, entry, path, content),
            _other_release(manifest, path, content),
            _source_map(manifest, packed, path, content),
        )
        found += [warning for warning in about_file if warning is not None]
    return sorted(found, key=lambda warning: warning.code)


def large_maps(sizes: Iterable[tuple[str, int]]) -> Iterator[BundleWarning]:
    """The source maps that are too large to be kept, by the paths and sizes of a bundle's files."""
    for path, size in sizes:
        if is_map(path) and size > MAX_MAP_BYTES:
            text = f"{path} has {size_text(size)}. Over {MAX_MAP_BYTES >> 20} MiB it is not kept, so errors"
            yield BundleWarning("large_map", path, f"{text} are shown without their line of source. Split the bundle.")


def shortened(warnings: Iterable[BundleWarning], most: int) -> Iterator[str]:
    """The texts of at most `most` warnings of each code, and how many more there are."""
    by_code: dict[str, list[str]] = {}
    for warning in warnings:
        by_code.setdefault(warning.code, []).append(warning.text)
    for texts in by_code.values():
        yield from texts[:most]
        if len(texts) > most:
            yield f"and {len(texts) - most} more of this kind"


def _moving_path(widget: str, entry: Entry | None, path: str, content: bytes) -> BundleWarning | None:
    """A script that loads its own parts from a moving path gets them from whatever release is live then."""
    if entry is None or entry.alone or not path.endswith(SCRIPTS):
        return None
    fixed = re.search(rb"/%s/(?:latest|~[\w.-]{1,80})(?=[/\"'`])" % widget.encode(), content)
    if fixed is None:
        return None
    return BundleWarning(
        "moving_path",
        path,
        f"{path} has the fixed path {_url(content, fixed)}/: what it loads from there is of the release that is live "
        f"then, not of this one. {_RELATIVE}",
    )


def _other_release(manifest: Manifest, path: str, content: bytes) -> BundleWarning | None:
    release = re.compile(rb"/%s/v(\d{1,9}\.\d[\w.-]{0,60})(?=[/\"'`])" % manifest.widget.encode())
    for match in release.finditer(content):
        if match[1].decode() != str(manifest.version):
            return BundleWarning(
                "other_release",
                path,
                f"{path} names another release, {_url(content, match)}/: what it loads from there is not of "
                f"{manifest.version}. {_RELATIVE}",
            )
    return None


def _source_map(manifest: Manifest, packed: Collection[str], path: str, content: bytes) -> BundleWarning | None:
    if not path.endswith((*SCRIPTS, *STYLES)):
        return None
    references = _MAP_REFERENCE.findall(content)
    # Browsers read the last one.
    name = references[-1].decode("utf-8", "replace") if references else ""
    if not name or ":" in name or name.startswith("/"):
        return None
    source_map = posixpath.normpath(posixpath.join(posixpath.dirname(path), name.partition("?")[0]))
    if source_map in manifest.files:
        return None
    why = "source maps are never public" if source_map in packed else "it is not in the folder"
    return BundleWarning(
        "source_map",
        path,
        f"{path} names its source map {name}, but {why}: a 404 in the developer tools, harmless for users.",
    )


def _url(content: bytes, match: re.Match[bytes]) -> str:
    """The URL up to the end of the match: from the quote, space or bracket before it."""
    before = _URL_STARTS.search(content[max(0, match.start() - _SHOWN_URL_BYTES) : match.start()])
    return ((before[0] if before else b"") + match[0]).decode("utf-8", "replace")
