"""Let a flag choose which live release a channel serves to each user."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.channels.ports import ChannelState
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.operator_changes import route_by_flag
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.flags.flag_record import EVALUATORS_KEY
from edgeship.domain.naming import check_channel, check_widget


@dataclass(frozen=True)
class RouteChannel:
    state: ChannelState
    flags: FlagState
    pause: Pause

    def __call__(self, widget: str, channel: str, flag: str | None, occasion: Occasion) -> Channel:
        """Set the flag that chooses, or None for the channel's own version.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `flag_unknown`, `flag_type`, `nothing_live` or
                `already_routed`.
        """
        check_widget(widget)
        check_channel(channel)
        return retry_conflict(lambda: self._attempt(widget, channel, flag, occasion), self.pause)

    def _attempt(self, widget: str, channel: str, flag: str | None, occasion: Occasion) -> Channel:
        if flag is not None:
            self._check_flag(flag)
        routed, event = route_by_flag(self.state.channel(widget, channel), flag, occasion)
        self.state.commit(Transaction(puts=(routed,), events=(event,)))
        return routed

    def _check_flag(self, key: str) -> None:
        documents = {r.key: r.document for r in self.flags.flags() if r.key != EVALUATORS_KEY}
        document = documents.get(key)
        if document is None:
            raise Refused("flag_unknown", f"There is no flag {key!r}.", "See edgeship flags list.")
        if not all(isinstance(value, str) for value in document["variants"].values()):
            raise Refused(
                "flag_type",
                f"The variants of flag {key!r} are not text.",
                "Use a flag whose variants are versions or selectors, for example 1.4.2, 1 or next.",
            )
