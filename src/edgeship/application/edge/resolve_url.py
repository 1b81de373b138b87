"""What a URL of the CDN means now: by the table, and by the edge's store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeship.application.edge.ports import EdgeState, EdgeUnreachable, StoreReader
from edgeship.application.edge.read_routes import read_routes
from edgeship.domain.edge.explanation import Explanation, explain
from edgeship.domain.edge.route_values import FULL_BYTES, Routes, store_values
from edgeship.domain.edge.router import REVISION_KEY, Decision, Request, Unknown, decide, leaves_widget_out
from edgeship.domain.edge.store_changes import UNFINISHED
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Resolution:
    """`store` is None for a path that no code reads, and where the store could not be read: `problem` says why then.
    `store_revision` is None in a store that is not filled."""

    widget: str
    selector: str | None
    table: Explanation
    store: Explanation | None
    store_revision: str | None
    same: bool | None
    hint: str | None
    """What to do where the two differ, or where nothing is known of the path."""
    problem: str | None = None


@dataclass(frozen=True)
class ResolveUrl:
    state: EdgeState
    store: StoreReader
    environment: str

    def __call__(self, request: Request, root_widget: str | None) -> Resolution:
        """`root_widget` is the widget whose paths may leave its name out."""
        table = _Table(self.state, self.environment)
        ours = decide(request, table.get, root_widget)
        selector = ours.selector
        if selector is None:
            hint = None
            if root_widget is None and leaves_widget_out(request.uri):
                hint = f"no root widget is known here: write the widget's name, /<widget>{request.uri}"
            return Resolution(ours.widget, None, self._of_no_moving_path(request, ours), None, None, None, hint)
        not_routable = table.routes(ours.widget)["channels"].get(selector, {}).get("not_routable")
        explained = explain(request, ours, not_routable)
        try:
            theirs = decide(request, self.store.get, root_widget)
            revision = self.store.get(REVISION_KEY)
            same = theirs == ours
            hint = None if same else self._hint(ours, theirs, revision)
        except EdgeUnreachable as fault:
            return Resolution(ours.widget, selector, explained, None, None, None, None, str(fault))
        return Resolution(ours.widget, selector, explained, explain(request, theirs), revision, same, hint)

    def _of_no_moving_path(self, request: Request, decision: Decision) -> Explanation:
        explained = explain(request, decision)
        if decision.version is None or self.state.release(decision.widget, Version.parse(decision.version)):
            return explained
        missing = f"{explained.reason}; {decision.widget} has no release {decision.version}"
        return Explanation(explained.answer, decision.version, explained.location, missing)

    def _hint(self, ours: Decision, theirs: Decision, revision: str | None) -> str:
        left_out = isinstance(theirs.outcome, Unknown) and theirs.outcome.kind == "range" and "." in theirs.outcome.name
        if left_out and self.store.content().size >= FULL_BYTES * 9 // 10:
            return "the store is full, and old minor ranges are left out: see edgeship status"
        if revision is None:
            return "the store is not filled yet: the relay fills it within a minute"
        if revision == UNFINISHED:
            return "the store is being written now: run it again in a minute"
        return f"the edge is behind the table for {ours.widget}; the minute tick repairs it: see edgeship status"


@dataclass
class _Table:
    """The table as a store that has every change."""

    state: EdgeState
    environment: str
    _routes: dict[str, Routes] = field(default_factory=dict)
    _values: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def get(self, key: str) -> str | None:
        if key == REVISION_KEY:
            return UNFINISHED
        widget = key.partition("/")[0]
        if widget not in self._values:
            self._values[widget] = store_values({widget: self.routes(widget)})
        return self._values[widget].get(key)

    def routes(self, widget: str) -> Routes:
        if widget not in self._routes:
            self._routes[widget] = read_routes(self.state, self.environment, widget)
        return self._routes[widget]
