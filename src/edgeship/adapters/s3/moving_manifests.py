"""The moving manifests in the site bucket, behind the `MovingManifests` port: `<widget>/manifests/<version>.json`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import lost_race
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.naming import moving_manifests_prefix
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SUFFIX = ".json"


class S3MovingManifests:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def etags(self, widget: str) -> Mapping[Version, str]:
        prefix = moving_manifests_prefix(widget)
        found: dict[Version, str] = {}
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for item in page.get("Contents", ()):
                with suppress(Refused):
                    found[Version.parse(item["Key"].removeprefix(prefix).removesuffix(_SUFFIX))] = item["ETag"]
        return found

    def put(self, widget: str, version: Version, document: bytes, replaces: str | None) -> None:
        condition = {"IfMatch": replaces} if replaces is not None else {"IfNoneMatch": "*"}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{moving_manifests_prefix(widget)}{version}{_SUFFIX}",
                Body=document,
                ContentType="application/json",
                CacheControl="no-cache",
                Metadata={"version": str(version)},
                **condition,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if lost_race(error):
                raise Conflict(f"the moving manifest of {widget} {version} was written by another run") from error
            raise
