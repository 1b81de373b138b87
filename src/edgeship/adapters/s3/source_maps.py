"""The source maps of releases, in the inbox bucket: `maps/<widget>/v<version>/<path>`. The CDN has no access to it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import is_missing
from edgeship.application.releases.ports import UnpackedFile
from edgeship.domain.naming import release_prefix
from edgeship.domain.version import Version
from edgeship.resource_names import MAPS_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3SourceMaps:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, widget: str, version: Version, maps: Iterable[UnpackedFile]) -> None:
        for file in maps:
            with file.location.open("rb") as body:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=MAPS_PREFIX + release_prefix(widget, version) + file.path,
                    Body=body,
                    ContentType="application/json",
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                )

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        return read_object(self._client, self._bucket, MAPS_PREFIX + release_prefix(widget, version) + path)


class S3PublishedFiles:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        return read_object(self._client, self._bucket, release_prefix(widget, version) + path)


def read_object(client: S3Client, bucket: str, key: str) -> bytes | None:
    """An object's bytes; None when there is none."""
    try:
        return client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if is_missing(error):
            return None
        raise
