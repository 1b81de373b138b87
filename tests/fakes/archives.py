"""Archives as JSON documents, and the inbox in memory: publishing and accepting without tar, zip or S3."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]

from edgeship.adapters.documents.declarations import read_declaration
from edgeship.application.releases.ports import Dropped, Progress, UnpackedFile
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.releases.bundle import EntryCheck
from edgeship.domain.releases.limits import DEFAULT_LIMITS, Limits
from edgeship.domain.releases.manifest import Declaration
from edgeship.domain.releases.rejection import Upload


def described(path: str, location: Path) -> UnpackedFile:
    body = location.read_bytes()
    sri = "sha384-" + base64.b64encode(hashlib.sha384(body).digest()).decode()
    return UnpackedFile(path, location, len(body), hashlib.sha256(body).hexdigest(), sri)


class FakePacker:
    """Packs `{path: base64}`."""

    def pack(self, files: Mapping[str, Path], extra: Mapping[str, bytes], into: Path) -> None:
        bodies = {path: location.read_bytes() for path, location in files.items()} | dict(extra)
        packed = {path: base64.b64encode(bodies[path]).decode() for path in sorted(bodies)}
        into.write_text(json.dumps(packed))

    def describe(self, path: str, location: Path) -> UnpackedFile:
        return described(path, location)


class FakeArchives:
    """Reads what `FakePacker` packs."""

    def unpack(self, archive: Path, suffix: str, into: Path, check: EntryCheck) -> list[UnpackedFile]:
        try:
            packed = json.loads(archive.read_text())
        except ValueError:
            raise Refused("archive_invalid", f"It is no {suffix} archive.", "Upload it again.") from None
        files: list[UnpackedFile] = []
        for name, packed_body in packed.items():
            body = base64.b64decode(packed_body)
            path = check.admit(name, "file", len(body))
            if path is not None:
                location = into / f"{len(files):06}"
                location.write_bytes(body)
                files.append(described(path, location))
        check.finish()
        return files

    def declaration(self, files: Sequence[UnpackedFile], most: int) -> Declaration:
        declared = [file for file in files if file.path == UPLOADED_MANIFEST_NAME]
        return read_declaration(declared[0].location, most) if declared else Declaration()

    def decoded_sha256(self, file: UnpackedFile, encoding: str, size: int) -> str | None:
        try:
            body = (gzip.decompress if encoding == "gzip" else brotli.decompress)(file.location.read_bytes())
        except (OSError, EOFError, zlib.error, brotli.error):
            return None
        return hashlib.sha256(body).hexdigest() if len(body) == size else None


@dataclass
class FakeInbox:
    """The bucket, for the upload's handler. `kept` is what lies in `accepted/` and `rejected/`, by key."""

    objects: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    signatures: dict[str, str] = field(default_factory=dict)

    def upload(self, key: str, at: datetime) -> Upload:
        """The upload of which the bucket's event tells."""
        etag = _etag(self.objects[key])
        return Upload(key, None, etag, sequencer=etag, size=len(self.objects[key]), uploaded_at=at, actor="ci")

    def fetch(self, upload: Upload, into: Path) -> str | None:
        into.write_bytes(self._exactly(upload))
        return self.signatures.get(upload.key)

    def keep_accepted(self, upload: Upload) -> None:
        self.kept[f"accepted/{upload.tail}"] = self._exactly(upload)

    def keep_rejected(self, upload: Upload, document: Mapping[str, Any]) -> None:
        self.kept[f"rejected/{upload.tail}"] = self._exactly(upload)
        self.kept[f"rejected/{upload.tail}.reason.json"] = json.dumps(document).encode()

    def _exactly(self, upload: Upload) -> bytes:
        body = self.objects[upload.key]
        assert _etag(body) == upload.etag, "another object has taken its place"
        return body


@dataclass
class FakeLimits:
    """What the environment says of its uploads; None: nothing."""

    said: Limits | None = DEFAULT_LIMITS

    def read(self) -> Limits | None:
        return self.said


@dataclass
class FakeDropbox:
    """The same bucket, for an uploader."""

    inbox: FakeInbox

    def put(
        self,
        key: str,
        archive: Path,
        replaces: str | None,
        progress: Callable[[Progress], None],
        signature: str | None = None,
    ) -> Dropped:
        there = self.find(key)
        if (there.etag if there else None) != replaces:
            raise Conflict(f"{key} holds another object")
        body = archive.read_bytes()
        progress(Progress(len(body), len(body)))
        self.inbox.objects[key] = body
        self.inbox.signatures.pop(key, None)
        if signature is not None:
            self.inbox.signatures[key] = signature
        return Dropped(_etag(body))

    def find(self, key: str) -> Dropped | None:
        return Dropped(_etag(self.inbox.objects[key])) if key in self.inbox.objects else None

    def holds(self, there: Dropped, archive: Path) -> bool:
        return _etag(archive.read_bytes()) == there.etag

    def described(self, archive: Path) -> Dropped:
        return Dropped(_etag(archive.read_bytes()))


def _etag(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
