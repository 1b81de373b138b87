"""The one way a change of a channel is written: channel, releases and events in one conditional transaction."""

from __future__ import annotations

from edgeship.application.ports import Alarms, State, Transaction
from edgeship.domain.channel import Moved
from edgeship.domain.health import Thresholds, alarms_of


def commit_move(state: State, moved: Moved) -> None:
    """Write a change.

    Raises:
        Conflict: the channel or a release it relied on has changed; nothing was written.
    """
    state.commit(Transaction(puts=(moved.channel, *moved.changed), checks=moved.unchanged, events=moved.events))


def commit_exposing(state: State, alarms: Alarms, moved: Moved, thresholds: Thresholds) -> None:
    """Write a change that brings traffic to a version: its alarms are there before it is, if its health counts.

    Whoever dies in between leaves alarms that watch nothing; the minute tick removes them.

    Raises:
        Conflict: as `commit_move`.
    """
    *_, version = moved.channel.exposed or (None,)
    if version is not None:
        alarms.ensure(alarms_of(moved.channel.widget, version, thresholds))
    commit_move(state, moved)
