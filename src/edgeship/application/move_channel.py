"""The one way a move is written: channel, releases and events in one conditional transaction."""

from __future__ import annotations

from edgeship.application.ports import State, Transaction
from edgeship.domain.channel import Moved


def commit_move(state: State, moved: Moved) -> None:
    """Write a move.

    Raises:
        Conflict: the channel or a release it relied on has changed; nothing was written.
    """
    state.commit(Transaction(puts=(moved.channel, *moved.changed), checks=moved.unchanged, events=moved.events))
