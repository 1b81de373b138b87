"""The public surface of a bundle: what those who use it can depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edgeship.domain.releases.contents.withheld import is_public
from edgeship.domain.releases.entry import Kind
from edgeship.domain.version import Version
from edgeship.domain.versioning.surface.public_files import (
    DECLARATIONS,
    declarations_of,
    has_content_hash,
    promised_files,
    resolved,
)
from edgeship.domain.versioning.surface.script import STAR, Script


@dataclass(frozen=True)
class Place:
    """A line of a file; lines begin with 1, and 0 is the file as a whole."""

    file: str
    line: int = 0


@dataclass(frozen=True)
class Exported:
    """`local` is the name inside of the module. `is_type`: nothing is there when the code runs."""

    place: Place
    local: str
    is_type: bool


@dataclass(frozen=True)
class Deprecation:
    place: Place
    text: str


@dataclass(frozen=True)
class Bundle:
    """What a surface is read from: the sizes of all files in bytes, and the scripts and declarations that could be
    read; those that could not are None. `loaded` are the entrypoint and what it imports statically."""

    version: Version | None
    entrypoint: str | None
    kind: Kind | None
    loaded: tuple[str, ...]
    sizes: Mapping[str, int]
    scripts: Mapping[str, Script | None]
    package: bytes | None = None


@dataclass(frozen=True)
class Surface:
    """`files` are those that are promised, `all_files` all that are public. `exports` are those of each promised
    module, by file and name; `types` what the declarations beside it have for types alone. Elements, events and
    deprecations are those of all scripts. `unread` are scripts that are not read."""

    version: Version | None
    entrypoint: str | None
    kind: Kind | None
    files: frozenset[str]
    all_files: frozenset[str]
    exports: Mapping[str, Mapping[str, Exported]]
    types: Mapping[str, frozenset[str]]
    elements: Mapping[str, Place]
    attributes: Mapping[tuple[str, str], Place]
    events: Mapping[str, Place]
    deprecations: Mapping[str, Deprecation]
    loaded_bytes: int
    unread: tuple[str, ...]


def surface_of(bundle: Bundle) -> Surface:
    """Read the surface of a bundle.

    Raises:
        Refused: `package_invalid`.
    """
    promised = promised_files(bundle.sizes, bundle.package)
    if bundle.entrypoint is not None and not has_content_hash(bundle.entrypoint):
        promised |= {bundle.entrypoint}
    scripts = {path: script for path, script in bundle.scripts.items() if script is not None}
    elements: dict[str, Place] = {}
    attributes: dict[tuple[str, str], Place] = {}
    events: dict[str, Place] = {}
    deprecations: dict[str, Deprecation] = {}
    for path, script in sorted(scripts.items()):
        for element in script.elements:
            elements.setdefault(element.tag, Place(path, element.line))
            for name, line in element.attributes.items():
                attributes.setdefault((element.tag, name), Place(path, line))
        for name, line in (script.events or {}).items():
            events.setdefault(name, Place(path, line))
        for each in script.deprecated:
            deprecations.setdefault(each.symbol, Deprecation(Place(path, each.line), each.text))
    modules = [p for p in sorted(promised) if p in scripts and not p.endswith(DECLARATIONS)]
    beside = {path: declarations_of(path, scripts) for path in modules}
    return Surface(
        version=bundle.version,
        entrypoint=bundle.entrypoint,
        kind=bundle.kind,
        files=promised,
        all_files=frozenset(path for path in bundle.sizes if is_public(path)),
        exports={path: exported_names(path, scripts) for path in modules},
        types={
            path: frozenset(name for name, found in exported_names(declared, scripts).items() if found.is_type)
            for path, declared in beside.items()
            if declared is not None
        },
        elements=elements,
        attributes=attributes,
        events=events,
        deprecations=deprecations,
        loaded_bytes=sum(bundle.sizes.get(path, 0) for path in {*bundle.loaded}),
        unread=tuple(sorted(path for path, script in bundle.scripts.items() if script is None)),
    )


def exported_names(path: str, scripts: Mapping[str, Script]) -> dict[str, Exported]:
    """What a module exports, also what it exports again from other files of the bundle. All that another package
    exports is one entry, `* from NAME`."""
    found: dict[str, Exported] = {}
    waiting, seen = [(path, False)], {path}
    while waiting:
        file, types = waiting.pop(0)
        for export in scripts[file].exports:
            place = Place(file, export.line)
            only_type = types or export.is_type
            if export.name != STAR:
                # A name of the module itself goes before one of `export *`, which has no default.
                if file == path or export.name != "default":
                    found.setdefault(export.name, Exported(place, export.local, only_type))
                continue
            inside = resolved(file, export.source or "", scripts)
            if inside is None:
                found.setdefault(f"{STAR} from {export.source}", Exported(place, "", only_type))
            elif inside not in seen:
                seen.add(inside)
                waiting.append((inside, only_type))
    return found
