"""What changed between two public surfaces, and the smallest bump that says so honestly.

SemVer 2.0.0: what is gone or means something else is a major change (clause 8); what is new, or is deprecated now, is a
minor one (clause 7).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edgeship.domain.plain_text import size
from edgeship.domain.version import Version
from edgeship.domain.versioning.levels import Level
from edgeship.domain.versioning.surface.surface import Exported, Place, Surface

GROWTH_PERCENT = 20
"""By which the code that a page loads first may grow in a patch."""
LEAST_GROWTH = 1_000
"""Bytes; less is no growth that anybody notices."""

LEVELS: dict[str, Level | None] = {
    "file_gone": Level.MAJOR,
    "file_hidden": Level.MAJOR,
    "entrypoint_changed": Level.MAJOR,
    "entrypoint_moved": Level.MINOR,
    "kind_changed": Level.MAJOR,
    "export_gone": Level.MAJOR,
    "export_renamed": Level.MAJOR,
    "export_type_only": Level.MAJOR,
    "element_gone": Level.MAJOR,
    "attribute_gone": Level.MAJOR,
    "event_gone": Level.MAJOR,
    "export_added": Level.MINOR,
    "element_added": Level.MINOR,
    "attribute_added": Level.MINOR,
    "event_added": Level.MINOR,
    "deprecated": Level.MINOR,
    "size_grown": Level.MINOR,
    "still_deprecated": None,
    "no_longer_deprecated": None,
    "not_read": None,
}
"""What each finding asks for; None asks for nothing, and is only said."""


@dataclass(frozen=True)
class Finding:
    """`place` is in the old bundle for what is gone, else in the new one. `symbol` is the name that it is about."""

    code: str
    symbol: str
    place: Place
    text: str

    @property
    def level(self) -> Level | None:
        return LEVELS[self.code]


def compare_surfaces(old: Surface, new: Surface, growth_percent: float = GROWTH_PERCENT) -> list[Finding]:
    """Each change, the most severe first, then by file and line."""
    found = [
        *_entry(old, new, growth_percent),
        *_files(old, new),
        *_exports(old, new),
        *_elements(old, new),
        *_events(old, new),
        *_deprecations(old, new),
        *_not_read(old, new),
    ]
    return sorted(found, key=lambda f: (-(f.level or 0), f.place.file, f.place.line, f.code, f.symbol))


def smallest_bump(findings: Iterable[Finding]) -> Level:
    """The smallest honest one; a release that changes nothing of the surface is a patch."""
    return max((finding.level for finding in findings if finding.level is not None), default=Level.PATCH)


def _entry(old: Surface, new: Surface, growth_percent: float) -> Iterator[Finding]:
    if old.entrypoint is not None and new.entrypoint is not None and old.entrypoint != new.entrypoint:
        moved = old.entrypoint in new.files
        text = f"the entrypoint was {old.entrypoint} and is {new.entrypoint}"
        code = "entrypoint_moved" if moved else "entrypoint_changed"
        yield Finding(code, new.entrypoint, Place(new.entrypoint), text)
    if old.kind is not None and new.kind is not None and old.kind is not new.kind:
        text = f"the entrypoint was of the kind {old.kind} and is {new.kind}: pages load it by another tag"
        yield Finding("kind_changed", new.kind, Place(new.entrypoint or ""), text)
    grown = new.loaded_bytes - old.loaded_bytes
    if old.loaded_bytes and grown > LEAST_GROWTH and grown * 100 > growth_percent * old.loaded_bytes:
        text = (
            f"the code that a page loads first grew by {grown / old.loaded_bytes:.0%}, from "
            f"{size(old.loaded_bytes)} to {size(new.loaded_bytes)} (limit {growth_percent:g} %)"
        )
        yield Finding("size_grown", new.entrypoint or "", Place(new.entrypoint or ""), text)


def _files(old: Surface, new: Surface) -> Iterator[Finding]:
    for path in sorted(old.files - new.files):
        if path in new.all_files:
            yield Finding(
                "file_hidden", path, Place(path), f"{path} is there, and exports of package.json names it no more"
            )
        else:
            yield Finding("file_gone", path, Place(path), f"{path} was public and is gone")


def _exports(old: Surface, new: Surface) -> Iterator[Finding]:
    pairs = {path: path for path in old.exports.keys() & new.exports.keys()}
    if old.entrypoint in old.exports and new.entrypoint in new.exports:
        assert old.entrypoint is not None
        assert new.entrypoint is not None
        pairs.setdefault(old.entrypoint, new.entrypoint)
    for path, now in sorted(pairs.items()):
        before, after = old.exports[path], new.exports[now]
        gone = {name: found for name, found in before.items() if name not in after}
        added = {name: found for name, found in after.items() if name not in before}
        for name, found in sorted(gone.items()):
            renamed = _renamed(found, added)
            if renamed is not None:
                yield Finding("export_renamed", name, found.place, f"the export {name} is named {renamed} now")
            elif name in new.types.get(now, frozenset()):
                yield Finding("export_type_only", name, found.place, f"the export {name} is only a type now")
            else:
                yield Finding("export_gone", name, found.place, f"{path} no longer exports {name}")
        for name, found in sorted(added.items()):
            yield Finding("export_added", name, found.place, f"{now} exports {name}")


def _renamed(gone: Exported, added: dict[str, Exported]) -> str | None:
    """The new name of what a module has under the same name of its own; a name of one letter is a minifier's."""
    same = [name for name, found in added.items() if found.local == gone.local and len(gone.local) > 1]
    return same[0] if len(same) == 1 else None


def _elements(old: Surface, new: Surface) -> Iterator[Finding]:
    for tag in old.elements.keys() - new.elements.keys():
        yield Finding("element_gone", tag, old.elements[tag], f"the element <{tag}> is no longer defined")
    for tag in new.elements.keys() - old.elements.keys():
        yield Finding("element_added", tag, new.elements[tag], f"the element <{tag}> is defined")
    for key in old.attributes.keys() - new.attributes.keys():
        tag, name = key
        if tag in new.elements:
            yield Finding("attribute_gone", name, old.attributes[key], f"<{tag}> no longer observes {name}")
    for key in new.attributes.keys() - old.attributes.keys():
        tag, name = key
        if tag in old.elements:
            yield Finding("attribute_added", name, new.attributes[key], f"<{tag}> observes {name}")


def _events(old: Surface, new: Surface) -> Iterator[Finding]:
    for name in old.events.keys() - new.events.keys():
        yield Finding("event_gone", name, old.events[name], f"the event {name} is no longer dispatched")
    for name in new.events.keys() - old.events.keys():
        yield Finding("event_added", name, new.events[name], f"the event {name} is dispatched")


def _deprecations(old: Surface, new: Surface) -> Iterator[Finding]:
    for symbol, found in new.deprecations.items():
        said = f": {found.text}" if found.text else ""
        if symbol in old.deprecations:
            text = f"{symbol} is deprecated, since {_named(old.version)} at the latest{said}"
            yield Finding("still_deprecated", symbol, found.place, text)
        else:
            yield Finding(
                "deprecated", symbol, found.place, f"{symbol} is deprecated since {_named(new.version)}{said}"
            )
    for symbol, found in old.deprecations.items():
        if symbol not in new.deprecations:
            text = f"{symbol} was deprecated in {_named(old.version)}, and no comment says so any more"
            yield Finding("no_longer_deprecated", symbol, found.place, text)


def _not_read(old: Surface, new: Surface) -> Iterator[Finding]:
    for which, surface in (("old", old), ("new", new)):
        for path in surface.unread:
            text = f"{path} of the {which} bundle takes more than the limits to be read"
            yield Finding("not_read", path, Place(path), text)


def _named(version: Version | None) -> str:
    return str(version) if version is not None else "this bundle"
