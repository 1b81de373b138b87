"""What every `Inbox` and `Dropbox` promises: held to it are S3 in moto and the fakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edgeship.adapters.s3.inbox import S3Dropbox, S3Inbox
from edgeship.application.releases.ports import Dropbox, Inbox, Progress
from edgeship.domain.errors import Conflict
from edgeship.domain.releases.rejection import Upload
from tests.fakes.archives import FakeDropbox, FakeInbox
from tests.support.moto.aws import NAMES, Aws

KEY = "incoming/checkout/1.0.0.tar.gz"
NOW = datetime(2026, 11, 27, tzinfo=UTC)


@dataclass
class Bucket:
    inbox: Inbox
    dropbox: Dropbox
    kept: Callable[[], dict[str, bytes]]
    folder: Path

    def archive(self, body: bytes) -> Path:
        path = self.folder / f"archive-{len(body)}"
        path.write_bytes(body)
        return path

    def put(self, body: bytes, replaces: str | None = None) -> str:
        return self.dropbox.put(KEY, self.archive(body), replaces, lambda _: None).etag

    def upload(self, etag: str) -> Upload:
        return Upload(KEY, None, etag, sequencer="1", size=3, uploaded_at=NOW, actor="ci")


@pytest.fixture(params=["s3", "fake"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    if request.param == "s3":
        aws: Aws = request.getfixturevalue("aws")
        name = NAMES.inbox_bucket

        def kept() -> dict[str, bytes]:
            found = {key: each["body"] for key, each in aws.objects(name).items()}
            return {key: body for key, body in found.items() if not key.startswith("incoming/")}

        return Bucket(S3Inbox(aws.s3, name), S3Dropbox(aws.s3, name), kept, tmp_path)
    fake = FakeInbox()
    return Bucket(fake, FakeDropbox(fake), lambda: fake.kept, tmp_path)


def test_an_upload_is_fetched_as_it_was_put(bucket: Bucket) -> None:
    etag = bucket.put(b"one")
    into = bucket.folder / "fetched"
    bucket.inbox.fetch(bucket.upload(etag), into)
    assert into.read_bytes() == b"one"


@pytest.mark.parametrize("size", [3, 8 * 1024 * 1024 + 1])
def test_a_signature_is_one_object_with_the_archive(bucket: Bucket, size: int) -> None:
    archive, into = bucket.archive(b"x" * size), bucket.folder / "fetched"
    unsigned = bucket.dropbox.put(KEY, archive, None, lambda _: None).etag
    assert bucket.inbox.fetch(bucket.upload(unsigned), into) is None
    signed = bucket.dropbox.put(KEY, archive, unsigned, lambda _: None, "c2lnbmVk").etag
    assert bucket.inbox.fetch(bucket.upload(signed), into) == "c2lnbmVk"


def test_progress_ends_with_all_bytes(bucket: Bucket) -> None:
    seen: list[Progress] = []
    bucket.dropbox.put(KEY, bucket.archive(b"x" * 1000), None, seen.append)
    assert seen[-1] == Progress(1000, 1000)


def test_a_taken_key_is_replaced_by_whoever_names_what_is_there_alone(bucket: Bucket) -> None:
    first = bucket.put(b"one")
    with pytest.raises(Conflict):
        bucket.put(b"two!")
    with pytest.raises(Conflict):
        bucket.put(b"two!", replaces="0" * 32)
    found = bucket.dropbox.find(KEY)
    assert found is not None
    assert found.etag == first
    assert bucket.put(b"two!", replaces=first) != first


def test_a_free_key_holds_nothing(bucket: Bucket) -> None:
    assert bucket.dropbox.find(KEY) is None


def test_whether_an_object_has_an_archives_bytes(bucket: Bucket) -> None:
    bucket.put(b"one")
    there = bucket.dropbox.find(KEY)
    assert there is not None
    assert bucket.dropbox.holds(there, bucket.archive(b"one"))
    assert not bucket.dropbox.holds(there, bucket.archive(b"other"))


def test_archives_are_kept_under_what_became_of_them_twice_as_once(bucket: Bucket) -> None:
    upload = bucket.upload(bucket.put(b"one"))
    for _ in range(2):
        bucket.inbox.keep_accepted(upload)
        bucket.inbox.keep_rejected(upload, {"reason": "it blinks"})
    kept = bucket.kept()
    reason = kept.pop("rejected/checkout/1.0.0.tar.gz.reason.json")
    assert json.loads(reason) == {"reason": "it blinks"}
    assert kept == {"accepted/checkout/1.0.0.tar.gz": b"one", "rejected/checkout/1.0.0.tar.gz": b"one"}
