"""The inbox bucket, for the upload's handler and for an uploader."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import is_denied, is_missing, lost_race
from edgeship.adapters.s3.multipart import PART_BYTES, Multipart, etag_of
from edgeship.application.releases.ports import Dropped, Progress
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.releases.rejection import Upload
from edgeship.resource_names import ACCEPTED_PREFIX, REJECTED_PREFIX, SIGNATURE_METADATA

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CopySourceTypeDef

_CHUNK = 1024 * 1024
_COPY_LIMIT = 5 * 1024**3
"""Bytes that one CopyObject takes (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html)."""


class S3Inbox:
    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def fetch(self, upload: Upload, into: Path) -> str | None:
        # Without a version id, the ETag makes sure that this is the object of the event.
        answer = (
            self._client.get_object(Bucket=self._bucket, Key=upload.key, VersionId=upload.version_id)
            if upload.version_id
            else self._client.get_object(Bucket=self._bucket, Key=upload.key, IfMatch=upload.etag)
        )
        with into.open("wb") as file:
            shutil.copyfileobj(answer["Body"], file, _CHUNK)
        return answer["Metadata"].get(SIGNATURE_METADATA)

    def keep_accepted(self, upload: Upload) -> None:
        self._copy(upload, ACCEPTED_PREFIX + upload.tail)

    def keep_rejected(self, upload: Upload, document: Mapping[str, Any]) -> None:
        self._copy(upload, REJECTED_PREFIX + upload.tail)
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{REJECTED_PREFIX}{upload.tail}.reason.json",
            Body=json.dumps(document, indent=1, ensure_ascii=False).encode() + b"\n",
            ContentType="application/json",
        )

    def _copy(self, upload: Upload, key: str) -> None:
        source: CopySourceTypeDef = {"Bucket": self._bucket, "Key": upload.key}
        if upload.version_id:
            source["VersionId"] = upload.version_id
        if upload.size > _COPY_LIMIT:
            self._client.copy(source, self._bucket, key)
        else:
            # Tags are not copied: reading them needs another permission, and they have no use here.
            self._client.copy_object(Bucket=self._bucket, Key=key, CopySource=source, TaggingDirective="REPLACE")


class S3Dropbox:
    """Puts archives into the inbox; needs no permission beyond `s3:PutObject` unless a key is taken, or an interrupted
    upload is to go on."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(
        self,
        key: str,
        archive: Path,
        replaces: str | None,
        progress: Callable[[Progress], None],
        signature: str | None = None,
    ) -> Dropped:
        metadata = {SIGNATURE_METADATA: signature} if signature is not None else {}
        condition = {"IfMatch": f'"{replaces}"'} if replaces else {"IfNoneMatch": "*"}
        try:
            if archive.stat().st_size > PART_BYTES:
                return Dropped(self._put_in_parts(key, archive, replaces, condition, progress, metadata).strip('"'))
            with archive.open("rb") as file:
                body = _Counted(file, archive.stat().st_size, progress)
                answer = self._client.put_object(
                    Bucket=self._bucket,
                    Key=key,
                    Body=body,  # type: ignore[arg-type]  # a file-like of our own
                    Metadata=metadata,
                    **condition,  # type: ignore[arg-type]
                )
        except ClientError as error:
            if lost_race(error):
                raise Conflict(f"{key} holds another object") from error
            raise
        return Dropped(answer["ETag"].strip('"'))

    def _put_in_parts(
        self,
        key: str,
        archive: Path,
        replaces: str | None,
        condition: Mapping[str, str],
        progress: Callable[[Progress], None],
        metadata: Mapping[str, str],
    ) -> str:
        for last in (False, True):
            there = self._etag(key)
            # The condition counts at the end alone: a key that is taken should not cost the whole way.
            if there is not None and there != replaces:
                raise Conflict(f"{key} holds another object")
            try:
                return Multipart(self._client, self._bucket, key, archive, metadata).put(condition, progress)
            except ClientError as error:
                # Another process that sends the same bytes has completed the upload that both went on with.
                if last or not is_missing(error):
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _etag(self, key: str) -> str | None:
        """The ETag of the object there; None also for an uploader who may not look."""
        try:
            return self._client.head_object(Bucket=self._bucket, Key=key)["ETag"].strip('"')
        except ClientError as error:
            if is_missing(error) or is_denied(error):
                return None
            raise

    def find(self, key: str) -> Dropped | None:
        try:
            answer = self._client.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return None
            if is_denied(error):
                raise Refused(
                    "version_exists",
                    f"The inbox holds an archive at {key} already, and these credentials may not read it.",
                    "If it is the same build, edgeship status says what becomes of it; if nothing does, somebody with "
                    "the operator policy may publish it again. If it is not, publish under a new version.",
                ) from None
            raise
        return Dropped(answer["ETag"].strip('"'))

    def holds(self, there: Dropped, archive: Path) -> bool:
        return there.etag == (etag_of(archive) if "-" in there.etag else _etag_of_whole(archive))

    def described(self, archive: Path) -> Dropped:
        return Dropped(etag_of(archive) if archive.stat().st_size > PART_BYTES else _etag_of_whole(archive))


def _etag_of_whole(archive: Path) -> str:
    """The ETag of an object put whole, with SSE-S3: the MD5 of its bytes
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html)."""
    with archive.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


class _Counted:
    """A file that reports how far it has been read; botocore rewinds it to hash it and to try again."""

    def __init__(self, file: Any, total: int, progress: Callable[[Progress], None]) -> None:
        self._file = file
        self._total = total
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        chunk: bytes = self._file.read(size)
        self._progress(Progress(self._file.tell(), self._total))
        return chunk

    def seek(self, offset: int, whence: int = 0) -> int:
        position: int = self._file.seek(offset, whence)
        return position

    def tell(self) -> int:
        position: int = self._file.tell()
        return position
