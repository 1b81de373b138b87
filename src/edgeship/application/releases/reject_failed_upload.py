"""Refuse an upload at which the function failed in each attempt: it was killed, or ran out of time."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.releases.ports import Inbox, ReleaseState
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.naming import UploadKey
from edgeship.domain.plain_text import cut, printable
from edgeship.domain.releases.rejection import Rejection, Upload
from edgeship.domain.releases.release import Release

_MAX_FAILURE = 300


@dataclass(frozen=True)
class RejectFailedUpload:
    inbox: Inbox
    state: ReleaseState
    reject: RejectUpload

    def __call__(self, upload: Upload, attempts: int, failure: str) -> Release | Rejection:
        """The rejection, `unprocessable`; or the release, if an attempt failed only after it was registered."""
        try:
            key = UploadKey.parse(upload.key)
        except Refused as refused:
            return self.reject(upload, refused)
        release = self.state.release(key.widget, key.version)
        if release is not None and release.registered_at >= timestamp(upload.uploaded_at):
            self.inbox.keep_accepted(upload)
            return release
        return self.reject(upload, unprocessable(attempts, failure))


def unprocessable(attempts: int, failure: str) -> Refused:
    """Why an upload is refused that nobody could check."""
    return Refused(
        "unprocessable",
        f"The function that checks uploads failed at this archive, {attempts} times in a row: "
        f"{cut(printable(failure), _MAX_FAILURE)}.",
        "Upload it again. If it is refused again, pack less into it, or report it with the archive.",
    )
