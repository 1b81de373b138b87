"""Puts a large archive in parts, and goes on where an interrupted upload of the same bytes ended.

A part counts as sent if its ETag, the MD5 of its bytes, is that of the archive's: so whatever else was sent to the key,
only these bytes are completed. The bucket's lifecycle removes what is never completed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from edgeship.adapters.s3.errors import is_denied, is_missing
from edgeship.application.releases.ports import Progress

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES = 8 * 1024 * 1024
"""Of each part but the last. S3 takes 10,000 parts of at least 5 MiB
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html)."""
_THREADS = 4
_SEARCHED = 10
"""Unfinished uploads of one key that are looked at."""

Condition = Mapping[str, str]


class Multipart:
    """The parts of one archive at one key."""

    def __init__(
        self, client: S3Client, bucket: str, key: str, archive: Path, metadata: Mapping[str, str] | None = None
    ) -> None:
        self._client = client
        self._at: dict[str, Any] = {"Bucket": bucket, "Key": key}
        self._archive = archive
        self._metadata = metadata or {}
        self._size = archive.stat().st_size
        self._md5 = part_digests(archive)

    def put(self, condition: Condition, progress: Callable[[Progress], None]) -> str:
        """Send what is missing, and complete on the condition; the object's ETag, in quotes.

        Raises:
            ClientError: as of any conditional write; 404 where another process completed or aborted the upload.
        """
        # An upload's metadata is that of its beginning, so a signature begins another.
        upload_id, parts = self._begun() if not self._metadata else (None, {})
        if upload_id is None:
            # Each part has a checksum, so S3 compares what arrives with what was sent.
            upload_id = self._begin()
        sent = sum(part["Size"] for part in parts.values())
        progress(Progress(sent, self._size))
        missing = [number for number in range(1, len(self._md5) + 1) if number not in parts]
        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                for part in pool.map(lambda number: self._send(upload_id, number), missing):
                    parts[part["PartNumber"]] = part
                    sent += part["Size"]
                    progress(Progress(sent, self._size))
            except BaseException:
                # Those that did not begin yet are not sent any more; what arrived stays for the next attempt.
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return self._complete(upload_id, parts, condition)

    def _begin(self) -> str:
        answer = self._client.create_multipart_upload(**self._at, ChecksumAlgorithm="CRC32", Metadata=self._metadata)
        return answer["UploadId"]

    def _begun(self) -> tuple[str | None, dict[int, dict[str, Any]]]:
        """The unfinished upload that has most of the archive's parts, and these; none where it may not be asked."""
        best: tuple[str | None, dict[int, dict[str, Any]]] = (None, {})
        try:
            answer = self._client.list_multipart_uploads(Bucket=self._at["Bucket"], Prefix=self._at["Key"])
            uploads = [each for each in answer.get("Uploads", ()) if each["Key"] == self._at["Key"]]
            for upload in uploads[-_SEARCHED:]:
                parts = self._sent(upload["UploadId"])
                if len(parts) > len(best[1]):
                    best = upload["UploadId"], parts
        except ClientError as error:
            if not (is_denied(error) or is_missing(error)):
                raise
        return best

    def _sent(self, upload_id: str) -> dict[int, dict[str, Any]]:
        pages = self._client.get_paginator("list_parts").paginate(**self._at, UploadId=upload_id)
        listed = (part for page in pages for part in page.get("Parts", ()))
        return {
            part["PartNumber"]: dict(part)
            for part in listed
            if part["PartNumber"] <= len(self._md5) and part["ETag"].strip('"') == self._md5[part["PartNumber"] - 1]
        }

    def _send(self, upload_id: str, number: int) -> dict[str, Any]:
        with self._archive.open("rb") as file:
            file.seek((number - 1) * PART_BYTES)
            body = file.read(PART_BYTES)
        answer = self._client.upload_part(
            **self._at, UploadId=upload_id, PartNumber=number, Body=body, ChecksumAlgorithm="CRC32"
        )
        return {**answer, "PartNumber": number, "Size": len(body)}

    def _complete(self, upload_id: str, parts: Mapping[int, Mapping[str, Any]], condition: Condition) -> str:
        named = ("PartNumber", "ETag", "ChecksumCRC32")
        listed = [{name: parts[number][name] for name in named if name in parts[number]} for number in sorted(parts)]
        answer = self._client.complete_multipart_upload(
            **self._at,
            UploadId=upload_id,
            MultipartUpload={"Parts": listed},  # type: ignore[typeddict-item]
            **condition,  # type: ignore[arg-type]
        )
        return answer["ETag"]


def part_digests(archive: Path) -> list[str]:
    """The MD5 of each part, in hex: what S3 gives a part as its ETag."""
    digests = []
    with archive.open("rb") as file:
        while part := file.read(PART_BYTES):
            digests.append(hashlib.md5(part, usedforsecurity=False).hexdigest())
    return digests


def etag_of(archive: Path) -> str:
    """The ETag of an object that was put in such parts: the MD5 of their MD5s, and their number
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html)."""
    digests = part_digests(archive)
    whole = hashlib.md5(b"".join(map(bytes.fromhex, digests)), usedforsecurity=False)
    return f"{whole.hexdigest()}-{len(digests)}"
