"""Refuse an upload of a preview at which the function failed in each attempt."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.previews.ports import PreviewState
from edgeship.application.releases.ports import Inbox
from edgeship.application.releases.reject_failed_upload import unprocessable
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.domain.errors import Refused
from edgeship.domain.previews.preview import Preview
from edgeship.domain.previews.preview_name import PreviewKey
from edgeship.domain.releases.rejection import Rejection, Upload


@dataclass(frozen=True)
class RejectFailedPreview:
    inbox: Inbox
    state: PreviewState
    reject: RejectUpload

    def __call__(self, upload: Upload, attempts: int, failure: str) -> Preview | Rejection:
        """The rejection, `unprocessable`; or the preview, if an attempt failed only after it was published."""
        try:
            key = PreviewKey.parse(upload.key)
        except Refused as refused:
            return self.reject(upload, refused)
        held = self.state.previews(key.widget).find(key.name)
        if held is not None and held.upload_id == upload.upload_id:
            self.inbox.keep_accepted(upload)
            return held
        return self.reject(upload, unprocessable(attempts, failure))
