"""The published `manifest.json`."""

from __future__ import annotations

import json
from typing import Any

from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.requirements.requirement import Requirement
from edgeship.domain.version import Version


def dump_manifest(manifest: Manifest) -> bytes:
    """The bytes of `manifest.json`; equal manifests give equal bytes."""
    return json.dumps(manifest.to_dict(), indent=1, ensure_ascii=False).encode() + b"\n"


def load_manifest(content: bytes) -> Manifest:
    """Read back what `dump_manifest` wrote."""
    document: dict[str, Any] = json.loads(content)
    return Manifest(
        widget=document["widget"],
        version=Version.parse(document["version"]),
        created_at=document["created_at"] or "",
        git_commit=document["git_commit"],
        entrypoint=document["entrypoint"],
        files={path: FileEntry(**entry) for path, entry in document["files"].items()},
        changes={kind: tuple(entries) for kind, entries in document["changes"].items()},
        kind=Kind(document["kind"]) if document.get("kind") else None,
        imports=tuple(document.get("imports", ())),
        style=document.get("style"),
        imported=document.get("imported", False),
        default_export=document.get("default_export", False),
        requires=tuple(Requirement(name, wanted) for name, wanted in document.get("requires", {}).items()),
    )
