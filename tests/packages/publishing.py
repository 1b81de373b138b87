"""Publishes a package on fakes: only the table and the buckets are in memory, archives and scripts are read as ever."""

from __future__ import annotations

import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.adapters.signing.verifying import verify
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.application.releases.publish_bundle import PublishBundle
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.bootstrap.commands import packing
from edgeship.cli.releases.release_name import with_package_around
from edgeship.domain.errors import Refused
from edgeship.domain.naming import MANIFEST_NAME, UploadKey, release_prefix
from edgeship.domain.releases.contents.package_json import read_package
from edgeship.domain.releases.limits import DEFAULT_LIMITS
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.version import Version
from tests.fakes.archives import FakeDropbox, FakeInbox, FakeLimits
from tests.fakes.releases import FakeSite, FakeSourceMaps, FakeSurfaces
from tests.fakes.state import FakeState

NOW = datetime(2026, 11, 27, 10, tzinfo=UTC)
Files = dict[str, bytes]


@dataclass(frozen=True)
class Outcome:
    """How it ended: `refused` is the code, else `served` are the files under the release's own path, without its
    manifest. `warnings` are the codes of what `publish` warned about."""

    refused: str | None = None
    entrypoint: str = ""
    kind: str = ""
    served: Mapping[str, bytes] | None = None
    warnings: tuple[str, ...] = ()


def publish_archive(tarball: Path, files: Files) -> Outcome:
    """Put the tarball into the inbox, and let the function of uploads read it."""
    key = UploadKey(*_named(files), ".tgz")
    return _accepted(FakeInbox({str(key): tarball.read_bytes()}), key)


def publish_folder(folder: Path, files: Files) -> Outcome:
    """Do what `edgeship publish FOLDER` does with a folder of the package that has these files; then the function of
    uploads reads what it has put."""
    facts = with_package_around(BundleFacts(), folder)
    inbox = FakeInbox()
    publish = PublishBundle(packing.build, FakeLimits(), FakeDropbox(inbox), FakeState())
    try:
        published = publish(folder, *_named(files), facts, lambda _: None)
    except Refused as refused:
        return Outcome(refused.code)
    return _accepted(inbox, published.key, tuple(sorted({warning.code for warning in published.warnings})))


def _named(files: Files) -> tuple[str, Version]:
    package = read_package(files["package.json"])
    assert package.widget is not None
    return package.widget, Version.parse(package.version or "")


def files_of(tarball: Path) -> Files:
    """The files of a package by their paths in it, as Python's tarfile reads them."""
    files: Files = {}
    with tarfile.open(tarball) as opened:
        for member in opened:
            if member.isfile():
                body = opened.extractfile(member)
                assert body is not None
                files[member.name.partition("/")[2]] = body.read()
    return files


def write_files(files: Files, folder: Path) -> None:
    for path, body in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(body)


def _accepted(inbox: FakeInbox, key: UploadKey, warnings: tuple[str, ...] = ()) -> Outcome:
    site, state, surfaces = FakeSite(), FakeState(), FakeSurfaces()
    accept = AcceptUpload(
        inbox=inbox,
        site=site,
        maps=FakeSourceMaps(),
        surfaces=surfaces,
        check=CheckUpload(state, ScriptSurfaces(UPLOAD_BOUNDS), surfaces),
        state=state,
        inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), DEFAULT_LIMITS),
        signatures=CheckSignature(state, verify, required=False),
        reject=RejectUpload(inbox, state, "test", lambda: NOW),
        environment="test",
        clock=lambda: NOW,
    )
    release = accept(inbox.upload(str(key), NOW))
    if isinstance(release, Rejection):
        return Outcome(release.code)
    assert release.entry is not None
    prefix = release_prefix(key.widget, key.version)
    served = {
        path.removeprefix(prefix): stored.body for path, stored in site.objects.items() if path.startswith(prefix)
    }
    del served[MANIFEST_NAME]
    return Outcome(None, release.entrypoint, release.entry.kind, served, warnings)
