"""What every `FlagSnapshots` promises: held against S3 in moto and against the fake that the relay is tested with."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

from edgeship.adapters.s3.flag_snapshots import S3FlagSnapshots
from edgeship.application.edge.ports import FlagSnapshots, FlagsUnreachable, StoredFlags
from edgeship.domain.errors import Conflict
from edgeship.domain.flags.flags_snapshot import decode, encode
from edgeship.resource_names import FLAGS_KEY
from tests.fakes.edge import FakeFlagSnapshots
from tests.support.moto.aws import NAMES, Aws

GOOD = encode({"schema": 1, "revision": 7, "flags": {}})
NEXT = encode({"schema": 1, "revision": 8, "flags": {}})


@pytest.fixture(params=["moto", "fake"])
def flags(request: pytest.FixtureRequest) -> FlagSnapshots:
    if request.param == "fake":
        return FakeFlagSnapshots()
    aws: Aws = request.getfixturevalue("aws")
    return aws.flags


def test_there_is_none_at_first(flags: FlagSnapshots) -> None:
    assert flags.etag() is None
    assert flags.read() == StoredFlags(b"", None)


def test_what_was_written_is_read_and_only_what_was_read_is_replaced(flags: FlagSnapshots) -> None:
    flags.write(GOOD, None)
    with pytest.raises(Conflict):
        flags.write(NEXT, None)
    stored = flags.read()
    assert stored.body == GOOD
    assert stored.etag == flags.etag()
    flags.write(NEXT, stored.etag)
    with pytest.raises(Conflict):
        flags.write(GOOD, stored.etag)
    assert flags.read().body == NEXT


def test_the_same_bytes_have_the_same_etag_and_others_another(flags: FlagSnapshots) -> None:
    other = FakeFlagSnapshots("eu-west-1")
    for body in (GOOD, NEXT, b"", b"no snapshot"):
        flags.write(body, flags.etag())
        other.write(body, other.etag())
        assert flags.etag() == other.etag()


def test_without_its_bucket_or_its_region_it_is_unreachable(aws: Aws) -> None:
    nowhere = S3FlagSnapshots(aws.s3, "eu-west-1", "no-such-bucket-000000000000", FLAGS_KEY)
    with pytest.raises(FlagsUnreachable, match="NoSuchBucket"):
        nowhere.read()
    for etag in (None, '"0"'):
        with pytest.raises(FlagsUnreachable, match="NoSuchBucket"):
            nowhere.write(GOOD, etag)
    refused = boto3.client(
        "s3", endpoint_url="http://127.0.0.1:9", config=Config(connect_timeout=0.2, retries={"total_max_attempts": 1})
    )
    silent = S3FlagSnapshots(refused, "eu-west-1", NAMES.config_bucket, FLAGS_KEY)
    for call in (silent.etag, silent.read, lambda: silent.write(GOOD, None)):
        with pytest.raises(FlagsUnreachable):
            call()


def test_what_is_stored_is_not_unpacked_on_its_way(aws: Aws) -> None:
    aws.flags.write(GOOD, None)
    stored = aws.s3.get_object(Bucket=NAMES.config_bucket, Key=FLAGS_KEY)
    assert "ContentEncoding" not in stored
    assert decode(stored["Body"].read()) == {"schema": 1, "revision": 7, "flags": {}}
