"""What every `LatestCopies` promises: held against S3 in moto and against the fake that the use cases run on."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import pytest

from edgeship.adapters.s3.latest_copies import S3LatestCopies
from edgeship.application.propagation.ports import LatestCopies
from edgeship.domain.naming import MANIFEST_NAME, copies_prefix, release_prefix
from edgeship.domain.version import Version
from edgeship.resource_names import RETIRED_TAG
from tests.fakes.propagation import FakeLatestCopies
from tests.fakes.releases import FakeSite
from tests.support.moto.aws import NAMES, Aws

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
V1, V2 = Version.parse("1.0.0"), Version.parse("1.1.0")
FILES = {"widget.js": b"one", "assets/a b.css": b"css"}
TYPES = {"widget.js": "text/javascript; charset=utf-8", "assets/a b.css": "text/css"}


@pytest.fixture(params=["moto", "fake"])
def copies(request: pytest.FixtureRequest) -> LatestCopies:
    bodies = {V1: FILES, V2: {**FILES, "widget.js": b"two!"}}
    if request.param == "fake":
        site = FakeSite()
        for version, files in bodies.items():
            site.publish("checkout", str(version), files)
        return FakeLatestCopies(site)
    aws: Aws = request.getfixturevalue("aws")
    for version, files in bodies.items():
        for path, body in {**files, MANIFEST_NAME: b"{}"}.items():
            aws.s3.put_object(
                Bucket=NAMES.site_bucket,
                Key=release_prefix("checkout", version) + path,
                Body=body,
                CacheControl="public, max-age=31536000, immutable",
                Metadata={"version": str(version)},
            )
    return S3LatestCopies(aws.s3, NAMES.site_bucket, max_age=300, threads=4)


def test_nothing_is_there_at_first(copies: LatestCopies) -> None:
    assert copies.files("checkout") == {}
    assert copies.sha256("checkout", "widget.js") is None


def test_a_copy_has_the_etag_and_the_bytes_of_its_release(copies: LatestCopies) -> None:
    copies.copy("checkout", V1, TYPES)
    assert copies.files("checkout").items() <= copies.release_files("checkout", V1).items()
    assert copies.files("checkout").keys() == FILES.keys()
    assert copies.release_files("checkout", V1).keys() == FILES.keys() | {MANIFEST_NAME}
    for path, body in FILES.items():
        assert copies.sha256("checkout", path) == hashlib.sha256(body).hexdigest()


def test_another_release_takes_its_place(copies: LatestCopies) -> None:
    copies.copy("checkout", V1, TYPES)
    copies.copy("checkout", V2, {"widget.js": "text/javascript"})
    there, wanted = copies.files("checkout"), copies.release_files("checkout", V2)
    assert there["widget.js"] == wanted["widget.js"]
    assert there["widget.js"] != copies.release_files("checkout", V1)["widget.js"]


def test_widgets_do_not_see_each_other(copies: LatestCopies) -> None:
    copies.copy("checkout", V1, TYPES)
    assert copies.files("check") == {}
    assert copies.files("checkout-button") == {}


def test_a_retired_file_is_there_as_before(copies: LatestCopies) -> None:
    copies.copy("checkout", V1, TYPES)
    before = copies.files("checkout")
    copies.retire("checkout", ["widget.js"], NOW)
    assert copies.files("checkout") == before


def s3_alias(aws: Aws) -> S3LatestCopies:
    for path, body in FILES.items():
        key = release_prefix("checkout", V1) + path
        aws.s3.put_object(Bucket=NAMES.site_bucket, Key=key, Body=body, CacheControl="immutable")
    found = S3LatestCopies(aws.s3, NAMES.site_bucket, max_age=60, threads=4)
    found.copy("checkout", V1, TYPES)
    return found


def head(aws: Aws, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = aws.s3.head_object(Bucket=NAMES.site_bucket, Key=copies_prefix("checkout") + path)
    return answer


def tags(aws: Aws, path: str) -> list[tuple[str, str]]:
    answer = aws.s3.get_object_tagging(Bucket=NAMES.site_bucket, Key=copies_prefix("checkout") + path)
    return [(tag["Key"], tag["Value"]) for tag in answer["TagSet"]]


def test_a_copy_has_headers_of_its_own(aws: Aws) -> None:
    s3_alias(aws)
    answer = head(aws, "widget.js")
    assert answer["CacheControl"] == "public, max-age=60, must-revalidate"
    assert answer["ContentType"] == TYPES["widget.js"]
    assert answer["Metadata"] == {"version": "1.0.0"}


def test_a_retired_file_is_tagged_once_and_keeps_its_headers(aws: Aws) -> None:
    copies = s3_alias(aws)
    copies.retire("checkout", ["widget.js", "not there"], NOW)
    answer = head(aws, "widget.js")
    assert tags(aws, "widget.js") == [RETIRED_TAG]
    assert tags(aws, "assets/a b.css") == []
    assert answer["ContentType"] == TYPES["widget.js"]
    assert answer["Metadata"] == {"version": "1.0.0", "retired-at": "2026-11-23T10:00:00.000Z"}
    copies.retire("checkout", ["widget.js"], NOW.replace(hour=11))
    again = head(aws, "widget.js")
    assert (again["VersionId"], again["Metadata"]) == (answer["VersionId"], answer["Metadata"])


def test_a_file_that_comes_back_is_retired_no_more(aws: Aws) -> None:
    copies = s3_alias(aws)
    copies.retire("checkout", ["widget.js"], NOW)
    copies.copy("checkout", V1, TYPES)
    assert tags(aws, "widget.js") == []
    assert head(aws, "widget.js")["Metadata"] == {"version": "1.0.0"}
