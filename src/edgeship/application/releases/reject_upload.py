"""Record that an upload was refused, and keep its archive beside the reason."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Clock
from edgeship.application.releases.ports import Inbox, ReleaseState
from edgeship.application.transaction import Transaction
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import REJECTED
from edgeship.domain.releases.rejection import Rejection, Upload, reject


@dataclass(frozen=True)
class RejectUpload:
    inbox: Inbox
    state: ReleaseState
    environment: str
    clock: Clock

    def __call__(self, upload: Upload, refused: Refused) -> Rejection:
        """The record of the refusal; the first one of an upload stays."""
        known = self.state.rejection(upload.upload_id)
        if known is not None:
            return known
        occasion = Occasion(self.environment, upload.actor, f"upload of {upload.key}", self.clock())
        rejection, event = reject(upload, refused, REJECTED + upload.tail, occasion)
        self.inbox.keep_rejected(upload, rejection.to_dict())
        try:
            self.state.commit(Transaction(puts=(rejection,), events=(event,)))
        except Conflict:
            return self.state.rejection(upload.upload_id) or rejection
        return rejection
