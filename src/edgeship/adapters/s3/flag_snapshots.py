"""One Region's flags' snapshot behind the `FlagSnapshots` port."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.s3.errors import is_missing, lost_race
from edgeship.application.edge.ports import FlagsUnreachable, StoredFlags
from edgeship.domain.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3FlagSnapshots:
    """The client must be of the bucket's Region.

    An object that is put in one part and encrypted with S3's own keys has the MD5 of its bytes as its ETag
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html): the same in every Region.
    """

    def __init__(self, client: S3Client, region: str, bucket: str, key: str) -> None:
        self._client = client
        self.region = region
        self._bucket = bucket
        self._key = key

    def etag(self) -> str | None:
        try:
            return str(self._client.head_object(Bucket=self._bucket, Key=self._key)["ETag"])
        except ClientError as error:
            if _is_missing_object(error):
                return None
            raise FlagsUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise FlagsUnreachable(str(error)) from error

    def read(self) -> StoredFlags:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
            return StoredFlags(answer["Body"].read(), answer["ETag"])
        except ClientError as error:
            if _is_missing_object(error):
                return StoredFlags(b"", None)
            raise FlagsUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise FlagsUnreachable(str(error)) from error

    def write(self, body: bytes, replaces: str | None) -> None:
        condition: dict[str, Any] = {"IfMatch": replaces} if replaces else {"IfNoneMatch": "*"}
        try:
            # No Content-Encoding: a client that reads the object would unpack it, and its ETag is of the packed bytes.
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=body,
                ContentType="application/gzip",
                CacheControl="no-store",
                **condition,
            )
        except ClientError as error:
            # A bucket that is not there answers 404 as well, and no retry will make it.
            if lost_race(error) or (_is_missing_object(error) and replaces):
                raise Conflict("the flags' snapshot was written by another relay") from error
            raise FlagsUnreachable(str(error)) from error
        except BotoCoreError as error:
            raise FlagsUnreachable(str(error)) from error


def _is_missing_object(error: ClientError) -> bool:
    """The object is not there; the bucket is, or is not known to be missing (HEAD tells no more than 404)."""
    return is_missing(error) and error.response["Error"]["Code"] != "NoSuchBucket"
