"""The site bucket behind the `Site` port."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from edgeship.adapters.documents.manifests import dump_manifest, load_manifest
from edgeship.adapters.s3.errors import is_missing, lost_race
from edgeship.application.releases.ports import EncodedFile, UnpackedFile
from edgeship.domain.naming import MANIFEST_NAME, encoded_folder, release_prefix
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

T = TypeVar("T")

IMMUTABLE = "public, max-age=31536000, immutable"


class S3Site:
    """Every object carries its version as `x-amz-meta-version`, which the CDN passes on to browsers."""

    def __init__(self, client: S3Client, bucket: str, threads: int) -> None:
        self._client = client
        self._bucket = bucket
        self._threads = threads

    def put_files(self, widget: str, version: Version, files: Iterable[tuple[UnpackedFile, FileEntry]]) -> None:
        prefix = release_prefix(widget, version)

        def put(part: tuple[UnpackedFile, FileEntry]) -> None:
            file, entry = part
            self._put(prefix + file.path, version, file, {"ContentType": entry.content_type})

        self._all(put, files)

    def put_encoded(self, widget: str, version: Version, files: Iterable[EncodedFile]) -> None:
        prefix = release_prefix(widget, version)

        def put(each: EncodedFile) -> None:
            key = encoded_folder(each.taken) + prefix + each.path
            headers = {"ContentType": each.content_type, "ContentEncoding": each.encoding}
            self._put(key, version, each.file, headers)

        self._all(put, files)

    def _put(self, key: str, version: Version, file: UnpackedFile, headers: Mapping[str, str]) -> None:
        with file.location.open("rb") as body:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                CacheControl=IMMUTABLE,
                Metadata={"version": str(version)},
                # S3 refuses the object if the bytes that arrive are not the bytes that were hashed.
                ChecksumSHA256=base64.b64encode(bytes.fromhex(file.sha256)).decode(),
                **headers,  # type: ignore[arg-type]
            )

    def _all(self, put: Callable[[T], None], parts: Iterable[T]) -> None:
        with ThreadPoolExecutor(self._threads) as pool:
            for done in [pool.submit(put, part) for part in parts]:
                done.result()

    def has_files(self, widget: str, version: Version) -> bool:
        answer = self._client.list_objects_v2(Bucket=self._bucket, Prefix=release_prefix(widget, version), MaxKeys=1)
        return answer["KeyCount"] > 0

    def put_manifest(self, manifest: Manifest) -> Manifest:
        for _ in range(5):
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=release_prefix(manifest.widget, manifest.version) + MANIFEST_NAME,
                    Body=dump_manifest(manifest),
                    ContentType="application/json",
                    CacheControl=IMMUTABLE,
                    Metadata={"version": str(manifest.version)},
                    IfNoneMatch="*",
                )
            except ClientError as error:
                if not lost_race(error):
                    raise
                there = self.manifest(manifest.widget, manifest.version)
                if there is not None:
                    return there
            else:
                return manifest
        raise RuntimeError(f"the manifest of {manifest.widget} {manifest.version} is contended; try again")

    def manifest(self, widget: str, version: Version) -> Manifest | None:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=release_prefix(widget, version) + MANIFEST_NAME)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        return load_manifest(answer["Body"].read())
