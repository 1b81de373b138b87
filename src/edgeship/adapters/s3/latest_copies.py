"""The latest copies, under `_latest/<widget>/` in the site bucket, behind the `LatestCopies` port.

Nothing is deleted here. A file that is retired is copied onto itself with a tag: the copy is a new object, and the
bucket's lifecycle rule for the tag counts its age (https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html).
A later release that has the file copies it again, without the tag.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import is_missing, lost_race
from edgeship.application.propagation.ports import StoredFile
from edgeship.domain.events import timestamp
from edgeship.domain.naming import copies_prefix, release_prefix
from edgeship.domain.version import Version
from edgeship.resource_names import RETIRED_TAG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_RETIRED_AT = "retired-at"


class S3LatestCopies:
    """Files are copied inside S3: no byte of a release is downloaded."""

    def __init__(self, client: S3Client, bucket: str, max_age: int, threads: int) -> None:
        """`max_age`: the seconds for which a browser may keep a copy."""
        self._client = client
        self._bucket = bucket
        self._cache_control = f"public, max-age={max_age}, must-revalidate"
        self._threads = threads

    def files(self, widget: str) -> Mapping[str, StoredFile]:
        return self._list(copies_prefix(widget))

    def release_files(self, widget: str, version: Version) -> Mapping[str, StoredFile]:
        return self._list(release_prefix(widget, version))

    def copy(self, widget: str, version: Version, types: Mapping[str, str]) -> None:
        def copy_one(path: str) -> None:
            self._client.copy_object(
                Bucket=self._bucket,
                Key=copies_prefix(widget) + path,
                CopySource={"Bucket": self._bucket, "Key": release_prefix(widget, version) + path},
                MetadataDirective="REPLACE",
                ContentType=types[path],
                CacheControl=self._cache_control,
                Metadata={"version": str(version)},
                TaggingDirective="REPLACE",
            )

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(copy_one, types))

    def sha256(self, widget: str, path: str) -> str | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=copies_prefix(widget) + path)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        digest = hashlib.sha256()
        for chunk in answer["Body"].iter_chunks():
            digest.update(chunk)
        return digest.hexdigest()

    def retire(self, widget: str, paths: Iterable[str], at: datetime) -> None:
        def retire_one(path: str) -> None:
            key = copies_prefix(widget) + path
            try:
                there = self._client.head_object(Bucket=self._bucket, Key=key)
                if _RETIRED_AT in there["Metadata"]:
                    return
                self._client.copy_object(
                    Bucket=self._bucket,
                    Key=key,
                    CopySource={"Bucket": self._bucket, "Key": key},
                    # If a newer move has copied the file meanwhile, its copy stays.
                    CopySourceIfUnmodifiedSince=there["LastModified"],
                    MetadataDirective="REPLACE",
                    ContentType=there["ContentType"],
                    CacheControl=self._cache_control,
                    Metadata={**there["Metadata"], _RETIRED_AT: timestamp(at)},
                    TaggingDirective="REPLACE",
                    Tagging="=".join(RETIRED_TAG),
                )
            except ClientError as error:
                if not (is_missing(error) or lost_race(error)):
                    raise

        with ThreadPoolExecutor(self._threads) as pool:
            list(pool.map(retire_one, paths))

    def _list(self, prefix: str) -> dict[str, StoredFile]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return {
            item["Key"].removeprefix(prefix): StoredFile(item["ETag"], item["Size"])
            for page in pages
            for item in page.get("Contents", ())
        }
