"""Refuse a change of flags after which the router can't decide one that routes a channel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edgeship.application.channels.ports import ChannelState
from edgeship.application.edge.ports import Snapshots
from edgeship.domain.edge.routable import check_routable, routed_by
from edgeship.domain.edge.routes import routes_of
from edgeship.domain.flags.flags_snapshot import entries_of
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, Document, FlagChange


@dataclass(frozen=True)
class CheckFlags:
    """The edge's snapshot says which widgets have a channel that one of the flags routes: one read, however many
    widgets there are, where the table has no index of routes and would take a query for each widget. Of the few widgets
    it names, the table says what is routed now. A route of the last seconds is not in the snapshot yet: if it is
    missed, its channel serves its own version, and `edgeship status` says so.
    """

    state: ChannelState
    snapshots: Snapshots

    def __call__(
        self,
        before: Mapping[str, Document],
        after: Mapping[str, Document],
        changes: Sequence[FlagChange],
        environment: str,
    ) -> None:
        """Check the widgets that these changes concern.

        Raises:
            Refused: `flag_not_routable`; it names the channel.
        """
        keys = frozenset(change.key for change in changes if _names_releases(change.old) or _names_releases(change.new))
        keys |= {key for change in changes for key in change.affects if _names_releases(after.get(key))}
        snapshot = self.snapshots.read().content if keys else None
        for widget in routed_by(snapshot["widgets"], keys) if snapshot else ():
            channels, releases = self.state.channels(widget), self.state.releases(widget)
            serve = self.state.policy(widget).policy.serve
            routing = {channel.flag for channel in channels if channel.flag}
            then, now = (
                routes_of(channels, releases, serve, entries_of(_of(documents, routing)), environment)
                for documents in (before, after)
            )
            check_routable(widget, then, now)


def _names_releases(document: Document | None) -> bool:
    """Flags without text, and the shared evaluators, choose no release: most changes need no read."""
    variants = document.get("variants") if document is not None else None
    return isinstance(variants, dict) and any(isinstance(value, str) for value in variants.values())


def _of(documents: Mapping[str, Document], keys: set[str]) -> dict[str, Document]:
    return {key: document for key, document in documents.items() if key in keys or key in SHARED_KEYS}
