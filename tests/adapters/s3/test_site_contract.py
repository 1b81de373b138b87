"""One contract for the site bucket: what is published stays, and the first manifest is the manifest."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from edgeship.adapters.s3.site import IMMUTABLE, S3Site
from edgeship.application.releases.ports import EncodedFile, Site, UnpackedFile
from edgeship.domain.naming import MANIFEST_NAME
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version
from tests.fakes.releases import FakeSite
from tests.support.moto.aws import NAMES, Aws

V1 = Version.parse("1.0.0")
FILES = {"widget.js": b"one", "assets/style.css": b"css"}


@pytest.fixture(params=["fake", "moto"])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "fake":
        return FakeSite()
    aws: Aws = request.getfixturevalue("aws")
    return S3Site(aws.s3, NAMES.site_bucket, threads=2)


def entry(path: str) -> FileEntry:
    body = FILES[path]
    return FileEntry(len(body), hashlib.sha256(body).hexdigest(), "sha384-", "text/plain; charset=utf-8")


NO_CHANGES: dict[str, tuple[str, ...]] = {"breaking": (), "features": (), "fixes": ()}
MANIFEST = Manifest(
    "checkout", V1, "2026-11-23T10:00:00.000Z", None, "widget.js", {path: entry(path) for path in FILES}, NO_CHANGES
)


def unpacked(folder: Path) -> list[tuple[UnpackedFile, FileEntry]]:
    files = []
    for number, (path, body) in enumerate(FILES.items()):
        location = folder / str(number)
        location.write_bytes(body)
        files.append((UnpackedFile(path, location, len(body), entry(path).sha256, entry(path).sri), entry(path)))
    return files


def test_there_is_no_manifest_before_one_is_written(site: Site, tmp_path: Path) -> None:
    site.put_files("checkout", V1, unpacked(tmp_path))
    assert site.manifest("checkout", V1) is None
    assert site.put_manifest(MANIFEST) == MANIFEST
    assert site.manifest("checkout", V1) == MANIFEST
    assert site.manifest("checkout", Version.parse("1.0.1")) is None
    assert site.manifest("button", V1) is None


def test_the_first_manifest_stays(site: Site) -> None:
    site.put_manifest(MANIFEST)
    assert site.put_manifest(replace(MANIFEST, created_at="2026-11-24T10:00:00.000Z")) == MANIFEST
    assert site.manifest("checkout", V1) == MANIFEST


def test_files_lie_under_their_version(site: Site, aws: Aws, tmp_path: Path) -> None:
    assert not site.has_files("checkout", V1)
    site.put_files("checkout", V1, unpacked(tmp_path))
    assert site.has_files("checkout", V1)
    assert not site.has_files("checkout", Version.parse("1.0.0-a"))
    site.put_manifest(MANIFEST)
    stored = (
        {key: each.body for key, each in site.objects.items()}
        if isinstance(site, FakeSite)
        else {key: each["body"] for key, each in aws.objects(NAMES.site_bucket).items()}
    )
    assert stored.keys() == {f"checkout/v1.0.0/{path}" for path in (*FILES, MANIFEST_NAME)}
    assert {path: stored[f"checkout/v1.0.0/{path}"] for path in FILES} == FILES


def test_what_was_compressed_ahead_has_the_type_of_its_original_and_its_coding(aws: Aws, tmp_path: Path) -> None:
    (file, of_original), *_ = unpacked(tmp_path)
    coded = EncodedFile("br-gzip", "widget.js", of_original.content_type, "br", file)
    for _ in range(2):
        S3Site(aws.s3, NAMES.site_bucket, threads=2).put_encoded("checkout", V1, [coded])
    key = "_encoded/br-gzip/checkout/v1.0.0/widget.js"
    stored = aws.s3.get_object(Bucket=NAMES.site_bucket, Key=key)
    assert stored["Body"].read() == FILES["widget.js"]
    assert (stored["ContentEncoding"], stored["ContentType"]) == ("br", "text/plain; charset=utf-8")
    assert (stored["CacheControl"], stored["Metadata"]) == (IMMUTABLE, {"version": "1.0.0"})
