"""Add and remove identities, by an operator."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.provenance.ports import ProvenanceState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Event, Occasion
from edgeship.domain.provenance.identity import IdentitiesRecord, Identity, add_identity, remove_identity


@dataclass(frozen=True)
class ChangeIdentities:
    """Both return the record as it is after that. Uploads that arrive from then on are verified by it."""

    state: ProvenanceState
    pause: Pause

    def add(self, identity: Identity, occasion: Occasion) -> IdentitiesRecord:
        """
        Raises:
            Refused: as `add_identity`.
        """
        return retry_conflict(
            lambda: self._commit(*add_identity(self.state.identities(), identity, occasion)), self.pause
        )

    def remove(self, name: str, occasion: Occasion) -> IdentitiesRecord:
        """
        Raises:
            Refused: `identity_unknown`.
        """
        return retry_conflict(
            lambda: self._commit(*remove_identity(self.state.identities(), name, occasion)), self.pause
        )

    def _commit(self, record: IdentitiesRecord, event: Event) -> IdentitiesRecord:
        self.state.commit(Transaction(puts=(record,), events=(event,)))
        return record
