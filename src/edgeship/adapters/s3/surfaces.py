"""The public surfaces of releases, in the inbox bucket: `surfaces/<widget>/v<version>/surface.json`. The CDN has no
access to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeship.adapters.s3.source_maps import read_object
from edgeship.domain.naming import release_prefix
from edgeship.domain.version import Version
from edgeship.resource_names import SURFACES_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Surfaces:
    """The `KeptSurfaces` port."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, widget: str, version: Version, surface: bytes) -> None:
        self._client.put_object(
            Bucket=self._bucket, Key=_key(widget, version), Body=surface, ContentType="application/json"
        )

    def read(self, widget: str, version: Version) -> bytes | None:
        return read_object(self._client, self._bucket, _key(widget, version))


def _key(widget: str, version: Version) -> str:
    return f"{SURFACES_PREFIX}{release_prefix(widget, version)}surface.json"
