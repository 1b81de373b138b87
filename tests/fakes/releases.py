"""The site bucket in memory, safe among threads; and scripts that are read line by line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edgeship.application.releases.ports import EncodedFile, UnpackedFile
from edgeship.domain.naming import MANIFEST_NAME, encoded_folder, release_prefix
from edgeship.domain.releases.contents.siblings import served, siblings
from edgeship.domain.releases.entry import Syntax
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.releases.release import Release
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Stored:
    body: bytes
    version: str
    retired_at: datetime | None = None
    encoding: str = ""


@dataclass
class FakeSite:
    """`written` are the keys in the order they were written. A manifest is kept beside its object, whose bytes nobody
    reads."""

    objects: dict[str, Stored] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    _manifests: dict[str, Manifest] = field(default_factory=dict)

    def put(self, key: str, stored: Stored) -> None:
        self.objects[key] = stored
        self.written.append(key)

    def publish(self, widget: str, version: str, files: Mapping[str, bytes]) -> None:
        """Let a release have been published, entrypoint `widget.js`."""
        prefix = release_prefix(widget, Version.parse(version))
        for path, body in files.items():
            self.put(prefix + path, Stored(body, version))
        for taken, each in served(siblings(files), {path: len(body) for path, body in files.items()}):
            self.put(
                encoded_folder(taken) + prefix + each.original,
                Stored(files[each.path], version, encoding=each.encoding),
            )
        entries = {
            path: FileEntry(len(body), hashlib.sha256(body).hexdigest(), "", "text/javascript")
            for path, body in files.items()
        }
        self.put_manifest(Manifest(widget, Version.parse(version), "", None, "widget.js", entries))

    def put_files(self, widget: str, version: Version, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        for file, _ in files:
            self.put(release_prefix(widget, version) + file.path, Stored(file.location.read_bytes(), str(version)))

    def put_encoded(self, widget: str, version: Version, files: Iterable[EncodedFile]) -> None:
        for each in files:
            key = encoded_folder(each.taken) + release_prefix(widget, version) + each.path
            self.put(key, Stored(each.file.location.read_bytes(), str(version), encoding=each.encoding))

    def has_files(self, widget: str, version: Version) -> bool:
        return any(key.startswith(release_prefix(widget, version)) for key in self.objects)

    def put_manifest(self, manifest: Manifest) -> Manifest:
        key = release_prefix(manifest.widget, manifest.version) + MANIFEST_NAME
        if key not in self._manifests:
            self._manifests[key] = manifest
            self.put(key, Stored(f"{manifest.version} {sorted(manifest.files)}".encode(), str(manifest.version)))
        return self._manifests[key]

    def manifest(self, widget: str, version: Version) -> Manifest | None:
        return self._manifests.get(release_prefix(widget, version) + MANIFEST_NAME)


class FakeReleaseFiles:
    """Every release has its files but those in `gone`."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        """Versions."""

    def are_gone(self, release: Release) -> bool:
        return str(release.version) in self.gone


@dataclass
class FakeSourceMaps:
    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, widget: str, version: Version, maps: Iterable[UnpackedFile]) -> None:
        for file in maps:
            self.objects[release_prefix(widget, version) + file.path] = file.location.read_bytes()

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        return self.objects.get(release_prefix(widget, version) + path)


@dataclass
class FakeSurfaces:
    objects: dict[str, bytes] = field(default_factory=dict)

    def put(self, widget: str, version: Version, surface: bytes) -> None:
        self.objects[release_prefix(widget, version)] = surface

    def read(self, widget: str, version: Version) -> bytes | None:
        return self.objects.get(release_prefix(widget, version))


class FakeScripts:
    """Knows statements that begin a line."""

    def syntax(self, location: Path) -> Syntax:
        source = location.read_text(errors="replace")
        statements = re.findall(
            r"^(import|export)\b(?!\()(?:[^'\"\n]*\bfrom)?\s*(?:['\"](.+?)['\"])?", source, re.MULTILINE
        )
        dynamic = tuple(dict.fromkeys(re.findall(r"^import\(['\"](.+?)['\"]\)", source, re.MULTILINE)))
        if statements:
            imports = dict.fromkeys(specifier for _, specifier in statements if specifier)
            default = re.search(r"^export default ", source, re.MULTILINE) is not None
            return Syntax(f"an {statements[0][0]} statement", tuple(imports), dynamic, default)
        awaited = re.search(r"^await ", source, re.MULTILINE)
        if awaited:
            return Syntax("a top-level await", dynamic_imports=dynamic)
        common_js = re.search(r"^(module\.exports|exports|require)\b", source, re.MULTILINE)
        return Syntax(None, dynamic_imports=dynamic, common_js=common_js[1] if common_js else None)
