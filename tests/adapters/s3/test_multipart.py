"""Archives that go in parts: interrupted, gone on with, mixed with other bytes, at a key that is taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import settings
from moto.s3 import models

from edgeship.adapters.s3 import inbox, multipart
from edgeship.adapters.s3.inbox import S3Dropbox
from edgeship.adapters.s3.multipart import part_digests
from edgeship.application.releases.ports import Progress
from edgeship.domain.errors import Conflict
from tests.support.moto.aws import NAMES, Aws

KEY = "incoming/checkout/1.0.0.tar.gz"
PART = 1_000
BODY = b"".join(bytes([n]) * PART for n in range(5)) + b"the last"


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "PART_BYTES", PART)
    monkeypatch.setattr(inbox, "PART_BYTES", PART)
    monkeypatch.setattr(multipart, "_THREADS", 1)
    for module in (settings, models):
        if hasattr(module, "S3_UPLOAD_PART_MIN_SIZE"):
            monkeypatch.setattr(module, "S3_UPLOAD_PART_MIN_SIZE", 1)


@dataclass
class Line:
    """S3, to which the line breaks after some parts, or which denies some calls."""

    s3: Any
    parts: int = 100
    denied: tuple[str, ...] = ()
    sent: list[int] = field(default_factory=list)

    def upload_part(self, **arguments: Any) -> Any:
        if len(self.sent) == self.parts:
            raise KeyboardInterrupt
        self.sent.append(arguments["PartNumber"])
        return self.s3.upload_part(**arguments)

    def __getattr__(self, name: str) -> Any:
        if name in self.denied:
            raise ClientError({"Error": {"Code": "403"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, name)  # type: ignore[typeddict-item]
        return getattr(self.s3, name)


def put(line: Line, archive: Path, replaces: str | None = None, seen: list[Progress] | None = None) -> str:
    dropbox = S3Dropbox(line, NAMES.inbox_bucket)  # type: ignore[arg-type]
    return dropbox.put(KEY, archive, replaces, seen.append if seen is not None else lambda _: None).etag


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    (tmp_path / "archive").write_bytes(BODY)
    return tmp_path / "archive"


def there(aws: Aws) -> bytes:
    body: bytes = aws.objects(NAMES.inbox_bucket)[KEY]["body"]
    return body


def test_an_archive_in_parts_is_whole_and_known_again(aws: Aws, archive: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    put(Line(aws.s3), archive, seen=seen)
    assert there(aws) == BODY
    assert [each.sent for each in seen] == [0, 1000, 2000, 3000, 4000, 5000, 5008]
    dropbox = S3Dropbox(aws.s3, NAMES.inbox_bucket)
    found = dropbox.find(KEY)
    assert found is not None
    assert dropbox.holds(found, archive)
    archive.write_bytes(BODY[:-1] + b"!")
    assert not dropbox.holds(found, archive)


@pytest.mark.parametrize("after", range(6))
def test_an_interrupted_upload_goes_on_where_it_ended(aws: Aws, archive: Path, after: int) -> None:
    broken = Line(aws.s3, parts=after)
    with pytest.raises(KeyboardInterrupt):
        put(broken, archive)
    assert KEY not in aws.objects(NAMES.inbox_bucket)
    again = Line(aws.s3)
    put(again, archive)
    assert again.sent == list(range(after + 1, 7))
    assert there(aws) == BODY


def test_only_parts_with_these_bytes_count(aws: Aws, archive: Path) -> None:
    other = bytearray(BODY)
    other[2_500] ^= 1
    archive.write_bytes(bytes(other) + b"x" * 2_000)
    with pytest.raises(KeyboardInterrupt):
        put(Line(aws.s3, parts=6), archive)
    archive.write_bytes(BODY)
    again = Line(aws.s3)
    put(again, archive)
    assert again.sent == [3, 6]
    assert there(aws) == BODY


def test_without_the_permission_to_list_it_begins_again(aws: Aws, archive: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        put(Line(aws.s3, parts=3), archive)
    uploader = Line(aws.s3, denied=("list_multipart_uploads", "head_object"))
    put(uploader, archive)
    assert uploader.sent == [1, 2, 3, 4, 5, 6]
    assert there(aws) == BODY


@pytest.mark.parametrize("denied", [(), ("head_object",)])
def test_a_taken_key_keeps_its_object(aws: Aws, archive: Path, denied: tuple[str, ...]) -> None:
    put(Line(aws.s3), archive)
    archive.write_bytes(BODY[::-1])
    line = Line(aws.s3, denied=denied)
    with pytest.raises(Conflict):
        put(line, archive)
    assert there(aws) == BODY
    # Whoever may look sends nothing.
    assert bool(line.sent) is bool(denied)


def test_a_refused_object_is_replaced_by_its_etag(aws: Aws, archive: Path) -> None:
    first = put(Line(aws.s3), archive)
    archive.write_bytes(BODY[::-1])
    with pytest.raises(Conflict):
        put(Line(aws.s3), archive, replaces="0" * 32)
    assert put(Line(aws.s3), archive, replaces=first) != first
    assert there(aws) == BODY[::-1]


def test_an_upload_that_another_process_completed_is_a_taken_key(aws: Aws, archive: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        put(Line(aws.s3, parts=5), archive)

    class Overtaken(Line):
        def upload_part(self, **arguments: Any) -> Any:
            put(Line(aws.s3), archive)
            # moto has a KeyError of its own here.
            raise ClientError(
                {"Error": {"Code": "NoSuchUpload"}, "ResponseMetadata": {"HTTPStatusCode": 404}},  # type: ignore[typeddict-item]
                "UploadPart",
            )

    with pytest.raises(Conflict):
        put(Overtaken(aws.s3), archive)
    assert there(aws) == BODY


def test_digests_of_parts(archive: Path) -> None:
    assert len(part_digests(archive)) == 6
