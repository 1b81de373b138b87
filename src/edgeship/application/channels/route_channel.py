"""Let a flag choose which live release a channel serves to each user."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.application.channels.ports import ChannelState
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Pause
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.channels.operator_changes import route_by_flag
from edgeship.domain.edge.routable import check_routable
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.flags.flags_snapshot import flag_entries
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, FlagRecord
from edgeship.domain.naming import check_channel, check_widget


@dataclass(frozen=True)
class RouteChannel:
    state: ChannelState
    flags: FlagState
    pause: Pause

    def __call__(self, widget: str, channel: str, flag: str | None, occasion: Occasion) -> Channel:
        """Set the flag that chooses, or None for the channel's own version.

        Raises:
            Refused: `widget_invalid`, `channel_invalid`, `flag_unknown`, `flag_type`, `nothing_live`,
                `already_routed`, or `flag_not_routable`: the router can't decide the flag.
        """
        check_widget(widget)
        check_channel(channel)
        return retry_conflict(lambda: self._attempt(widget, channel, flag, occasion), self.pause)

    def _attempt(self, widget: str, channel: str, flag: str | None, occasion: Occasion) -> Channel:
        records = self.flags.flags() if flag is not None else []
        if flag is not None:
            _check_flag(records, flag)
        routed, event = route_by_flag(self.state.channel(widget, channel), flag, occasion)
        if flag is not None:
            self._check_routable(routed, flag_entries(records), occasion.environment)
        self.state.commit(Transaction(puts=(routed,), events=(event,)))
        return routed

    def _check_routable(self, routed: Channel, flags: Mapping[str, Mapping[str, Any]], environment: str) -> None:
        widget = routed.widget
        channels, releases = self.state.channels(widget), self.state.releases(widget)
        serve = self.state.policy(widget).policy.serve
        then = [routed if channel.name == routed.name else channel for channel in channels]
        before, after = (routes_of(each, releases, serve, flags, environment) for each in (channels, then))
        check_routable(widget, before, after)


def _check_flag(records: Iterable[FlagRecord], key: str) -> None:
    documents = {record.key: record.document for record in records if record.key not in SHARED_KEYS}
    document = documents.get(key)
    if document is None:
        raise Refused("flag_unknown", f"There is no flag {key!r}.", "See edgeship flags list.")
    if not all(isinstance(value, str) for value in document["variants"].values()):
        raise Refused(
            "flag_type",
            f"The variants of flag {key!r} are not text.",
            "Use a flag whose variants are versions or selectors, for example 1.4.2, 1 or next.",
        )
