"""The bucket of previews behind the `PreviewFiles` port."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from edgeship.adapters.documents.manifests import dump_manifest
from edgeship.application.releases.ports import UnpackedFile
from edgeship.domain.naming import MANIFEST_NAME
from edgeship.domain.releases.manifest import FileEntry, Manifest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_AT_THE_EDGE = "public, max-age=2592000"
"""How long the CDN keeps a file; browsers are given another header."""


class S3PreviewFiles:
    def __init__(self, client: S3Client, bucket: str, threads: int) -> None:
        self._client = client
        self._bucket = bucket
        self._threads = threads

    def put(self, prefix: str, manifest: Manifest, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        metadata = {"version": str(manifest.version)}

        def put(file: UnpackedFile, entry: FileEntry) -> None:
            with file.location.open("rb") as body:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=prefix + file.path,
                    Body=body,
                    ContentType=entry.content_type,
                    CacheControl=_AT_THE_EDGE,
                    Metadata=metadata,
                    # S3 refuses the object if the bytes that arrive are not the bytes that were hashed.
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                )

        with ThreadPoolExecutor(self._threads) as pool:
            for done in [pool.submit(put, file, entry) for file, entry in files]:
                done.result()
        self._client.put_object(
            Bucket=self._bucket,
            Key=prefix + MANIFEST_NAME,
            Body=dump_manifest(manifest),
            ContentType="application/json",
            CacheControl=_AT_THE_EDGE,
            Metadata=metadata,
        )
