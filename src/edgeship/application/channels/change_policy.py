"""Change a widget's policy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.policy import Policy
from edgeship.domain.channels.policy_record import change_policy
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_widget


@dataclass(frozen=True)
class ChangePolicy:
    state: ChannelState
    pause: Pause

    def __call__(self, widget: str, edit: Callable[[Policy], Policy], occasion: Occasion) -> Policy:
        """Let `edit` turn the policy into another; a widget that has no release yet may have one. The alarms of live
        releases follow within a minute.

        Raises:
            Refused: `widget_invalid`, `policy_invalid`, `steps_invalid` or `policy_unchanged`.
        """
        check_widget(widget)

        def attempt() -> Policy:
            record, event = change_policy(self.state.policy(widget), edit, occasion)
            self.state.commit(Transaction(puts=(record,), events=(event,)))
            return record.policy

        return retry_conflict(attempt, self.pause)
