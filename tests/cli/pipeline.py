"""The environment's functions, run on what lies in the inbox."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.bootstrap import artifact_upload, promotion
from edgeship.domain.events import Occasion
from edgeship.domain.releases.rejection import Rejection, Upload
from edgeship.domain.releases.release import Release
from tests.support.bundles import WIDGET, tar_gz
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.function_env import function_env
from tests.support.moto.state import MotoState

UPLOADER = "aws:uploader"

_PREPARED: dict[str, tuple[MotoState, frozenset[str]]] = {}


class Pipeline:
    """Takes each object of `incoming/` once."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._accept: AcceptUpload = artifact_upload.build(function_env("artifact_upload", aws)).accept
        self._promote: PromoteUpload = promotion.build(function_env("promotion", aws))
        self._seen: set[str] = set()

    def once(self, name: str, prepare: Callable[[], None]) -> None:
        """Let `prepare` fill this empty environment; once a process: later, what it left in moto is put back."""
        if name in _PREPARED:
            state, seen = _PREPARED[name]
            state.put_back()
            self._seen = set(seen)
        else:
            prepare()
            _PREPARED[name] = (MotoState.take(), frozenset(self._seen))

    def ship(self, widget: str, version: str, files: dict[str, bytes] | None = None) -> Release | Rejection:
        """Put an archive into the inbox as any S3 client would, and run the functions on it."""
        key = f"incoming/{widget}/{version}.tar.gz"
        body = tar_gz(files if files is not None else {**WIDGET, "version.txt": version.encode()})
        self._aws.s3.put_object(Bucket=NAMES.inbox_bucket, Key=key, Body=body)
        (outcome,) = self.run()
        return outcome

    def run(self) -> list[Release | Rejection]:
        listed = self._aws.s3.list_object_versions(Bucket=NAMES.inbox_bucket, Prefix="incoming/")
        versions = [v for v in listed.get("Versions", []) if v["VersionId"] not in self._seen]
        return [self._handle(v["Key"], v["VersionId"], v["ETag"].strip('"'), v["Size"]) for v in versions]

    @contextmanager
    def running(self) -> Iterator[None]:
        """Handles uploads as they come, while the block runs."""
        over = threading.Event()

        def work() -> None:
            while not over.wait(0.02):
                self.run()

        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield
        finally:
            over.set()
            worker.join()

    def _handle(self, key: str, version_id: str, etag: str, size: int) -> Release | Rejection:
        self._seen.add(version_id)
        now = datetime.now(UTC)
        outcome = self._accept(Upload(key, version_id, etag, "0", size, now, UPLOADER))
        if isinstance(outcome, Release):
            occasion = Occasion(NAMES.environment, "edgeship-promotion", "upload", now)
            self._promote(outcome.widget, outcome.version, occasion)
        return outcome
