"""What every `Snapshots` promises: held against S3 in moto and against the fake that the relay is tested with."""

from __future__ import annotations

import json

import pytest

from edgeship.application.edge.ports import Snapshots, StoredSnapshot
from edgeship.domain.errors import Conflict
from edgeship.resource_names import SNAPSHOT_KEY
from tests.fakes.edge import FakeSnapshots
from tests.support.moto.aws import NAMES, Aws

GOOD = {
    "schema": 1,
    "revision": 7,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.0.0"}}, "ranges": {}}},
}
NEXT = {**GOOD, "revision": 8}


@pytest.fixture(params=["moto", "fake"])
def snapshots(request: pytest.FixtureRequest) -> Snapshots:
    if request.param == "fake":
        return FakeSnapshots()
    aws: Aws = request.getfixturevalue("aws")
    return aws.snapshots


def lose(snapshots: Snapshots, request: pytest.FixtureRequest, *, corrupt: bool) -> None:
    if isinstance(snapshots, FakeSnapshots):
        snapshots.lose(corrupt=corrupt)
        return
    aws: Aws = request.getfixturevalue("aws")
    where = {"Bucket": NAMES.config_bucket, "Key": SNAPSHOT_KEY}
    if corrupt:
        aws.s3.put_object(**where, Body=b"garbage")
    else:
        aws.s3.delete_object(**where)


def test_there_is_none_at_first(snapshots: Snapshots) -> None:
    assert snapshots.read() == StoredSnapshot(None, None)


def test_what_was_written_is_read_and_only_what_was_read_is_replaced(snapshots: Snapshots) -> None:
    none = snapshots.read()
    snapshots.write(GOOD, none)
    with pytest.raises(Conflict):
        snapshots.write(NEXT, none)
    stored = snapshots.read()
    assert stored.content == GOOD
    snapshots.write(NEXT, stored)
    with pytest.raises(Conflict):
        snapshots.write(GOOD, stored)
    assert snapshots.read().content == NEXT


@pytest.mark.parametrize("corrupt", [False, True])
def test_one_that_is_lost_is_replaced_by_one_relay_alone(
    snapshots: Snapshots, corrupt: bool, request: pytest.FixtureRequest
) -> None:
    snapshots.write(GOOD, snapshots.read())
    lose(snapshots, request, corrupt=corrupt)
    lost = snapshots.read()
    assert lost.content is None
    assert (lost.etag is not None) == corrupt
    snapshots.write(NEXT, lost)
    with pytest.raises(Conflict):
        snapshots.write(GOOD, lost)
    assert snapshots.read().content == NEXT


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"\xff\xfe\x00",
        json.dumps(GOOD).encode()[:-1],
        b"[" * 100_000,
        b"null",
        b"[]",
        b"{}",
        json.dumps({**GOOD, "schema": 2}).encode(),
        json.dumps({**GOOD, "revision": None}).encode(),
        json.dumps({**GOOD, "widgets": []}).encode(),
        json.dumps({**GOOD, "widgets": {"checkout": {}}}).encode(),
    ],
    ids=lambda body: repr(body)[:40],
)
def test_what_the_edge_would_not_take_is_none_with_an_etag(aws: Aws, body: bytes) -> None:
    etag = aws.s3.put_object(Bucket=NAMES.config_bucket, Key=SNAPSHOT_KEY, Body=body)["ETag"]
    assert aws.snapshots.read() == StoredSnapshot(None, etag)


def test_what_is_not_known_in_one_is_kept(aws: Aws) -> None:
    newer = {**GOOD, "added_later": 1}
    aws.s3.put_object(Bucket=NAMES.config_bucket, Key=SNAPSHOT_KEY, Body=json.dumps(newer).encode())
    assert aws.snapshots.read().content == newer
