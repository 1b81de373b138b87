"""Bring the previews' store up to the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from edgeship.application.edge.ports import RouteStore
from edgeship.application.ports import Clock, Pause
from edgeship.application.previews.ports import PreviewState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.domain.edge.store_changes import MAX_KEYS
from edgeship.domain.events import Event
from edgeship.domain.previews.preview_values import preview_value_key, previews_values


@dataclass
class BringPreviews:
    """Of two that overlap, the later writer has also read the table later: the store's ETag is read first, and every
    update is conditional on it. So the store never goes back. The keys of a preview stand alone, so updates in parts
    leave each preview as it was or as it is."""

    state: PreviewState
    store: RouteStore
    clock: Clock
    pause: Pause
    _right: tuple[str, Mapping[str, str]] | None = field(default=None, init=False)

    def __call__(self, events: Iterable[Event]) -> None:
        """After these events: only the previews that they name are compared.

        Raises:
            Conflict: others were quicker, again and again. StoreFull: it does not take them.
        """
        named: dict[str, set[str]] = {}
        for event in events:
            summary = event.new or event.old or {}
            if event.widget is not None and "preview" in summary:
                named.setdefault(event.widget, set()).add(str(summary["preview"]))
        if named:
            retry_conflict(lambda: self._bring(named), self.pause)

    def repair(self) -> None:
        """Each minute: every key of the store, unless neither the store nor what it should have is another than after
        the last comparison of this process.

        Raises:
            Conflict, StoreFull: as above.
        """
        retry_conflict(self._repair, self.pause)

    def _bring(self, named: Mapping[str, set[str]]) -> None:
        etag = self.store.content().etag
        wanted = self._wanted(named)
        keys = [preview_value_key(widget, name) for widget, names in sorted(named.items()) for name in sorted(names)]
        held = {key: value for key in keys if (value := self.store.get(key)) is not None}
        self._write(keys, held, wanted, etag)

    def _repair(self) -> None:
        etag = self.store.content().etag
        wanted = previews_values(self.state.watched_previews(), self.clock())
        if self._right == (etag, wanted):
            return
        held = self.store.all()
        differing = {_widget(key) for key in held.keys() | wanted.keys() if held.get(key) != wanted.get(key)}
        # The index may be behind the table; the table itself is not.
        known = {key: value for key, value in wanted.items() if _widget(key) not in differing}
        now_wanted = known | self._wanted(differing)
        etag = self._write(sorted(held.keys() | now_wanted.keys()), held, now_wanted, etag)
        self._right = (etag, wanted)

    def _wanted(self, widgets: Iterable[str]) -> dict[str, str]:
        return previews_values((self.state.previews(widget) for widget in sorted(widgets)), self.clock())

    def _write(self, keys: Sequence[str], held: Mapping[str, str], wanted: Mapping[str, str], etag: str) -> str:
        changed = iter([key for key in keys if held.get(key) != wanted.get(key)])
        while part := list(islice(changed, MAX_KEYS)):
            puts = {key: wanted[key] for key in part if key in wanted}
            etag = self.store.update(puts, [key for key in part if key not in wanted], etag)
        return etag


def _widget(key: str) -> str:
    return key.partition("/")[0]
