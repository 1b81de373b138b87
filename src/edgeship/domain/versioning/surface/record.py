"""A public surface as it is kept with its release: a JSON document."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from edgeship.domain.releases.entry import Kind
from edgeship.domain.version import Version
from edgeship.domain.versioning.surface.surface import Deprecation, Exported, Place, Surface

MAX_SURFACE_BYTES = 1024 * 1024
"""Of a document that is kept: some 8,000 names, each with its place."""


def dump_surface(surface: Surface) -> bytes:
    """The bytes to keep; equal surfaces give equal bytes."""
    document = {
        "schema": 1,
        "version": str(surface.version) if surface.version is not None else None,
        "entrypoint": surface.entrypoint,
        "kind": surface.kind.value if surface.kind is not None else None,
        "files": sorted(surface.files),
        "all_files": sorted(surface.all_files),
        "exports": {path: {name: asdict(e) for name, e in names.items()} for path, names in surface.exports.items()},
        "types": {path: sorted(names) for path, names in surface.types.items()},
        "elements": {tag: asdict(place) for tag, place in surface.elements.items()},
        "attributes": [[tag, name, asdict(place)] for (tag, name), place in sorted(surface.attributes.items())],
        "events": {name: asdict(place) for name, place in surface.events.items()},
        "deprecations": {symbol: asdict(found) for symbol, found in surface.deprecations.items()},
        "loaded_bytes": surface.loaded_bytes,
        "unread": list(surface.unread),
    }
    return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def load_surface(content: bytes) -> Surface:
    """Read what `dump_surface` wrote."""
    document: dict[str, Any] = json.loads(content)
    return Surface(
        version=Version.parse(document["version"]) if document["version"] else None,
        entrypoint=document["entrypoint"],
        kind=Kind(document["kind"]) if document["kind"] else None,
        files=frozenset(document["files"]),
        all_files=frozenset(document["all_files"]),
        exports={path: {n: _exported(e) for n, e in names.items()} for path, names in document["exports"].items()},
        types={path: frozenset(names) for path, names in document["types"].items()},
        elements={tag: Place(**place) for tag, place in document["elements"].items()},
        attributes={(tag, name): Place(**place) for tag, name, place in document["attributes"]},
        events={name: Place(**place) for name, place in document["events"].items()},
        deprecations={symbol: _deprecation(found) for symbol, found in document["deprecations"].items()},
        loaded_bytes=document["loaded_bytes"],
        unread=tuple(document["unread"]),
    )


def _exported(document: dict[str, Any]) -> Exported:
    return Exported(Place(**document["place"]), document["local"], document["is_type"])


def _deprecation(document: dict[str, Any]) -> Deprecation:
    return Deprecation(Place(**document["place"]), document["text"])
