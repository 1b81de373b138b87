"""Say what runs around the widgets of an environment, by its people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.requirements.ports import RequirementState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.events import Event, Occasion
from edgeship.domain.requirements.environment import EnvironmentRecord, set_running, unset_running


@dataclass(frozen=True)
class ChangeEnvironment:
    """Of two who change it at the same time, each change is kept; of one name, the later."""

    state: RequirementState
    pause: Pause

    def set(self, name: str, version: str, occasion: Occasion) -> EnvironmentRecord:
        """
        Raises:
            Refused: `name_invalid`, `version_invalid`, `environment_unchanged` or `environment_full`.
        """
        return self._change(lambda record: set_running(record, name, version, occasion))

    def unset(self, name: str, occasion: Occasion) -> EnvironmentRecord:
        """
        Raises:
            Refused: `not_set`.
        """
        return self._change(lambda record: unset_running(record, name, occasion))

    def _change(self, change: Callable[[EnvironmentRecord], tuple[EnvironmentRecord, Event]]) -> EnvironmentRecord:
        def attempt() -> EnvironmentRecord:
            record, event = change(self.state.environment())
            self.state.commit(Transaction(puts=(record,), events=(event,)))
            return record

        return retry_conflict(attempt, self.pause)
