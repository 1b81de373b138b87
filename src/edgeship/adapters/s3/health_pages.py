"""Health pages and the list of them in S3, behind the `HealthPages` port."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import is_missing, lost_race
from edgeship.application.health.ports import Published, Subject
from edgeship.domain.errors import Conflict
from edgeship.domain.health.health_page import Page
from edgeship.domain.naming import health_key
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3HealthPages:
    """Pages are in the site bucket, which the CDN serves; caches keep them for `max_age` seconds.

    The list is one object in the config bucket: `{"schema": 1, "versions": {"checkout": ["1.4.2", "1.5.0"]}}`.
    """

    def __init__(self, client: S3Client, site_bucket: str, config_bucket: str, list_key: str, max_age: int) -> None:
        self._client = client
        self._site = site_bucket
        self._config = config_bucket
        self._list_key = list_key
        self._max_age = max_age

    def read(self, widget: str, version: Version) -> Page | None:
        found = self._get(self._site, health_key(widget, version))
        page: Page | None = found[0] if found else None
        return page

    def publish(self, page: Page) -> None:
        self._client.put_object(
            Bucket=self._site,
            Key=health_key(page["widget"], Version.parse(page["version"])),
            Body=json.dumps(page, indent=1, ensure_ascii=False).encode() + b"\n",
            ContentType="application/json",
            CacheControl=f"public, max-age={self._max_age}",
        )

    def published(self) -> Published:
        found = self._get(self._config, self._list_key)
        if found is None:
            return Published()
        content, etag = found
        subjects = {
            (widget, Version.parse(version)) for widget, versions in content["versions"].items() for version in versions
        }
        return Published(frozenset(subjects), etag)

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        versions: dict[str, list[str]] = {}
        for widget, version in sorted(subjects):
            versions.setdefault(widget, []).append(str(version))
        condition = {"IfMatch": replaces.etag} if replaces.etag else {"IfNoneMatch": "*"}
        try:
            answer = self._client.put_object(
                Bucket=self._config,
                Key=self._list_key,
                Body=json.dumps({"schema": 1, "versions": versions}, separators=(",", ":")).encode(),
                ContentType="application/json",
                CacheControl="no-store",
                **condition,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if lost_race(error):
                raise Conflict("the list of health pages was written by another tick") from error
            raise
        return Published(frozenset(subjects), answer["ETag"])

    def _get(self, bucket: str, key: str) -> tuple[Any, str] | None:
        """The document at a key with its ETag; None when there is none."""
        try:
            answer = self._client.get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return json.loads(answer["Body"].read()), answer["ETag"]
