"""Which releases can still be served, behind the `ReleaseFiles` port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.s3.errors import is_missing
from edgeship.domain.naming import MANIFEST_NAME, release_prefix
from edgeship.domain.releases.release import Release

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3ReleaseFiles:
    """S3 answers 404 for a key that is not there only to who may list the bucket, else 403
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html)."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def are_gone(self, release: Release) -> bool:
        prefix = release_prefix(release.widget, release.version)
        try:
            for path in (MANIFEST_NAME, release.entrypoint):
                self._client.head_object(Bucket=self._bucket, Key=prefix + path)
        except ClientError as error:
            return is_missing(error)
        except BotoCoreError:
            return False
        return False
