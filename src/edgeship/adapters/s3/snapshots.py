"""The config bucket's snapshot behind the `Snapshots` port."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.denied import action_in
from edgeship.adapters.s3.errors import is_missing, lost_race
from edgeship.application.edge.ports import EdgeUnreachable, StoredSnapshot
from edgeship.domain.edge.snapshot import is_snapshot
from edgeship.domain.errors import Conflict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Snapshots:
    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key

    def read(self) -> StoredSnapshot:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
        except ClientError as error:
            if is_missing(error):
                return StoredSnapshot(None, None)
            raise
        return StoredSnapshot(_parsed(answer["Body"].read()), answer["ETag"])

    def write(self, content: Mapping[str, Any], replaces: StoredSnapshot) -> None:
        condition = {"IfMatch": replaces.etag} if replaces.etag else {"IfNoneMatch": "*"}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=json.dumps(content, separators=(",", ":")).encode(),
                ContentType="application/json",
                CacheControl="no-store",
                **condition,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if lost_race(error):
                raise Conflict("the snapshot was written by another relay") from error
            raise


class S3SnapshotReader:
    """The same for a person, who may lack the permission."""

    def __init__(self, client: S3Client, bucket: str, key: str) -> None:
        self._snapshots = S3Snapshots(client, bucket, key)

    def read(self) -> StoredSnapshot:
        try:
            return self._snapshots.read()
        except (BotoCoreError, ClientError) as fault:
            raise EdgeUnreachable(
                f"the snapshot of the routes can't be read: {fault}", action_in(str(fault))
            ) from fault


def _parsed(body: bytes) -> Mapping[str, Any] | None:
    """The snapshot in `body`; None when it holds none."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return document if is_snapshot(document) else None
