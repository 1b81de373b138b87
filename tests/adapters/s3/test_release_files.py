"""Only a certain 404 says that a release's files are gone; what can't be read must not stop a rescue."""

from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from edgeship.adapters.s3.release_files import S3ReleaseFiles
from edgeship.domain.naming import MANIFEST_NAME
from tests.support.moto.aws import NAMES, Aws
from tests.support.releases import a_release

RELEASE = a_release("1.0.0")
PREFIX = "checkout/v1.0.0/"


def test_a_release_has_its_manifest_and_its_entrypoint(aws: Aws) -> None:
    files = S3ReleaseFiles(aws.s3, NAMES.site_bucket)
    assert files.are_gone(RELEASE)
    aws.publish(RELEASE)
    assert not files.are_gone(RELEASE)
    assert files.are_gone(a_release("1.0.1"))


@pytest.mark.parametrize("path", [MANIFEST_NAME, "widget.js"])
def test_either_may_be_gone(path: str, aws: Aws) -> None:
    aws.publish(RELEASE)
    aws.s3.delete_object(Bucket=NAMES.site_bucket, Key=PREFIX + path)
    assert S3ReleaseFiles(aws.s3, NAMES.site_bucket).are_gone(RELEASE)


@pytest.mark.parametrize(("status", "code"), [(403, "403"), (503, "SlowDown"), (500, "InternalError"), (301, "301")])
def test_what_cant_be_read_is_not_gone(status: int, code: str, aws: Aws) -> None:
    with Stubber(aws.s3) as stubbed:
        stubbed.add_client_error("head_object", code, http_status_code=status)
        assert not S3ReleaseFiles(aws.s3, NAMES.site_bucket).are_gone(RELEASE)


def test_an_answer_that_never_comes_is_no_answer(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(**_: object) -> None:
        raise ReadTimeoutError(endpoint_url="https://s3")

    monkeypatch.setattr(aws.s3, "head_object", never)
    assert not S3ReleaseFiles(aws.s3, NAMES.site_bucket).are_gone(RELEASE)
