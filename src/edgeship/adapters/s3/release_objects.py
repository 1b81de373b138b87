"""All objects of a release in the site and the inbox bucket, behind the `ReleaseObjects` port.

Both buckets have versions: what is deleted here can be restored until the lifecycle rule for old versions takes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from edgeship.domain.naming import TAKEN, encoded_folder, health_key, moving_manifests_prefix, release_prefix
from edgeship.domain.version import Version
from edgeship.resource_names import MAPS_PREFIX, SURFACES_PREFIX

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MOST_KEYS = 1_000
"""https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html"""


class S3ReleaseObjects:
    def __init__(self, client: S3Client, site_bucket: str, inbox_bucket: str) -> None:
        self._client = client
        self._site = site_bucket
        self._inbox = inbox_bucket

    def delete(self, widget: str, version: Version) -> int:
        prefix = release_prefix(widget, version)
        # Its pages first: nobody is sent to files that are gone.
        deleted = 0
        for bucket, prefixes in (
            (self._site, (f"{moving_manifests_prefix(widget)}{version}.json", health_key(widget, version))),
            (self._site, (prefix, *(encoded_folder(taken) + prefix for taken in TAKEN))),
            (self._inbox, (MAPS_PREFIX + prefix, SURFACES_PREFIX + prefix)),
        ):
            for each in prefixes:
                deleted += self._delete_all(bucket, each)
        return deleted

    def _delete_all(self, bucket: str, prefix: str) -> int:
        deleted = 0
        keys = list(self._keys(bucket, prefix))
        for start in range(0, len(keys), _MOST_KEYS):
            some = keys[start : start + _MOST_KEYS]
            objects = [{"Key": key} for key in some]
            answer = self._client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})  # type: ignore[typeddict-item]
            if answer.get("Errors"):
                first = answer["Errors"][0]
                raise OSError(f"{first.get('Key')} could not be deleted: {first.get('Code')} {first.get('Message')}")
            deleted += len(some)
        return deleted

    def _keys(self, bucket: str, prefix: str) -> Iterator[str]:
        """Those of a folder, or the one of a document: `health/w/v1.0.0` is no part of `health/w/v1.0.0-rc.1`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                if prefix.endswith("/") or item["Key"] == prefix:
                    yield item["Key"]
