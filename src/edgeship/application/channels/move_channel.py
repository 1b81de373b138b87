"""The one way to write a change of a channel: channel, releases and events in one conditional transaction."""

from __future__ import annotations

from edgeship.application.channels.ports import ChannelState
from edgeship.application.health.ports import Alarms
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Moved
from edgeship.domain.channels.incidents.incident import with_incident
from edgeship.domain.health.alarms import HealthAlarm, alarms_of
from edgeship.domain.health.thresholds import Thresholds


def commit_move(state: ChannelState, moved: Moved) -> None:
    """Write a change, with the incident that it belongs to.

    Raises:
        Conflict: the channel or a release that it depends on has changed; nothing was written.
    """
    moved = with_incident(moved)
    state.commit(Transaction(puts=(moved.channel, *moved.changed), checks=moved.unchanged, events=moved.events))


class Exposure:
    """Writes a change that brings traffic to a version, in one or more attempts. After a lost race, the alarms of the
    first attempt exist already."""

    def __init__(self, state: ChannelState, alarms: Alarms) -> None:
        self._state = state
        self._alarms = alarms
        self._made: set[HealthAlarm] = set()

    def commit(self, moved: Moved, thresholds: Thresholds) -> None:
        """Write the change. The alarms of a version whose health counts are made before its traffic begins.

        A process that dies in between leaves alarms that nothing needs; the minute tick removes them.

        Raises:
            Conflict: as `commit_move`.
        """
        *_, version = moved.channel.exposed or (None,)
        if version is not None:
            alarms = alarms_of(moved.channel.widget, version, thresholds)
            self._alarms.ensure([alarm for alarm in alarms if alarm not in self._made])
            self._made.update(alarms)
        commit_move(self._state, moved)
