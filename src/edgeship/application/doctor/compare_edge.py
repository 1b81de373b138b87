"""Whether the router has what the table says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edgeship.application.doctor.ports import NotAllowed
from edgeship.application.edge.ports import EdgeState
from edgeship.application.edge.read_routes import read_many_routes
from edgeship.application.status.read_edge import MAX_COMPARED, EdgeStatus, ReadEdge
from edgeship.domain.doctor.serving import EdgeFacts

SETTLES_SECONDS = 5.0
"""The relay brings a change to the store within seconds (docs/propagation.md)."""


@dataclass(frozen=True)
class CompareEdge:
    state: EdgeState
    read_edge: ReadEdge
    environment: str
    sleep: Callable[[float], None]

    def __call__(self) -> EdgeFacts:
        """The first `MAX_COMPARED` widgets are compared, and the revision of all. What is behind is read again a little
        later: a change that is on its way is none to report.

        Raises:
            NotAllowed: the edge can't be read with these credentials.
        """
        found = self._compared()
        if found.is_behind:
            self.sleep(SETTLES_SECONDS)
            found = self._compared()
        if found.needs is not None:
            raise NotAllowed(found.needs)
        size = found.content.size if found.content else None
        return EdgeFacts(found.revision, found.store_revision, found.behind, size, found.problem)

    def _compared(self) -> EdgeStatus:
        names = [widget.name for widget in self.state.widgets()][:MAX_COMPARED]
        return self.read_edge(read_many_routes(self.state, self.environment, names, threads=1) if names else {})
