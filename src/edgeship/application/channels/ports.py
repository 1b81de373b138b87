"""What the use cases about channels need from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from edgeship.application.calendar.ports import CalendarState
from edgeship.application.releases.ports import ReleaseState
from edgeship.application.requirements.ports import RequirementState
from edgeship.application.transaction import History

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.application.health.ports import Subject
    from edgeship.domain.calendar.waiting import WaitingRecord
    from edgeship.domain.channels.channel import Channel
    from edgeship.domain.channels.policy import PolicyRecord
    from edgeship.domain.releases.release import Release


class ChannelState(ReleaseState, RequirementState, CalendarState, History, Protocol):
    """The part of the table about channels, their rollouts and policies, and the releases that they point at."""

    def channel(self, widget: str, name: str) -> Channel:
        """The channel; at revision 0 and without a version when it was never written."""

    def channels(self, widget: str) -> list[Channel]: ...

    def watched(self) -> list[Channel]:
        """The channels with a rollout or a watch, of every widget; a read that may lag by a moment.

        The number of calls grows with the watched channels, not with all widgets.
        """

    def resting(self, turn: int) -> list[Channel]:
        """The channels with a live version that are not watched, and are checked in this turn. It may lag, too."""

    def releases_of(self, subjects: Iterable[Subject]) -> list[Release]:
        """Those that are registered, of any widgets, in one call a hundred."""

    def policy(self, widget: str) -> PolicyRecord:
        """The widget's policy; the default at revision 0 when none was set."""

    def policies(self, widgets: Iterable[str]) -> dict[str, PolicyRecord]:
        """The policy of each, in one call a hundred."""

    def waiting(self) -> list[WaitingRecord]:
        """The records of every widget of which a release waits; it may lag by a moment, too."""

    def waiting_of(self, widget: str) -> WaitingRecord: ...
