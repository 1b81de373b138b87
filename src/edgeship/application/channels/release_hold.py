"""Lift what a rollback put in place: the lock of a channel, the quarantine of a release."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.ports import ChannelState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel_moves import unlock
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.releases.release import unquarantine
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ReleaseHold:
    state: ChannelState
    pause: Pause

    def unlock(self, widget: str, channel: str, occasion: Occasion) -> None:
        """Let uploads move the channel again.

        Raises:
            Refused: `widget_invalid`, `channel_invalid` or `not_locked`.
        """
        check_widget(widget)
        check_channel(channel)

        def attempt() -> None:
            unlocked, event = unlock(self.state.channel(widget, channel), occasion)
            self.state.commit(Transaction(puts=(unlocked,), events=(event,)))

        retry_conflict(attempt, self.pause)

    def unquarantine(self, widget: str, version: Version, occasion: Occasion) -> None:
        """Let channels and ranges choose the release again.

        Raises:
            Refused: `widget_invalid`, `not_registered` or `not_quarantined`.
        """
        check_widget(widget)

        def attempt() -> None:
            release = self.state.release(widget, version)
            if release is None:
                raise Refused(
                    "not_registered", f"{widget} {version} is not a registered release.", "See edgeship releases."
                )
            freed, event = unquarantine(release, occasion)
            self.state.commit(Transaction(puts=(freed,), events=(event,)))

        retry_conflict(attempt, self.pause)
