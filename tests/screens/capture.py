"""What commands print on a terminal of a width, in a scene, with the scene's clock."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from edgeship.application.releases.ports import PublishedFiles
from edgeship.application.status.explain_errors import ExplainErrors
from edgeship.application.status.explain_unknown import ExplainUnknown
from edgeship.application.status.follow_rollout import FollowRollout
from edgeship.application.status.read_changes import ReadChanges
from edgeship.application.status.read_edge import ReadEdge
from edgeship.application.status.read_numbers import ReadNumbers
from edgeship.application.status.read_overview import ReadOverview
from edgeship.application.status.read_status import ReadStatus
from edgeship.cli.main import main
from edgeship.domain.events import Occasion
from edgeship.resource_names import ResourceNames
from tests.fakes.edge import FakeSnapshots
from tests.fakes.notifications import FakeDeliveries
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import World

ENVIRONMENT = "production"
EDGE = "test"
"""The environment of the fake relay."""


class Terminal(io.StringIO):
    """A terminal of so many columns, that shows no colours."""

    def __init__(self, columns: int) -> None:
        super().__init__()
        self.columns = columns

    def isatty(self) -> bool:
        return True


def captured(world: World, command: str, columns: int) -> str:
    """What the command prints, results and errors as they come."""
    terminal = Terminal(columns)
    with _terminal_of(columns), _acting_on(world), redirect_stdout(terminal), redirect_stderr(terminal):
        main(shlex.split(command)[1:])
    return "".join(f"{line.rstrip()}\n" for line in terminal.getvalue().splitlines())


@contextmanager
def _terminal_of(columns: int) -> Iterator[None]:
    variables = {"COLUMNS": str(columns), "LINES": "50", "TERM": "dumb", "NO_COLOR": "1"}
    with patch.dict("os.environ", variables):
        yield


@contextmanager
def _acting_on(world: World) -> Iterator[None]:
    target = SimpleNamespace(
        names=ResourceNames(ENVIRONMENT, "123456789012"),
        actor="ann",
        local=None,
        site_url="https://widgets.example.com",
        operator=_operator(world),
        occasion=lambda cause: Occasion(ENVIRONMENT, "ann", cause, world.now),
    )

    def found(*_: Any) -> Any:
        return target

    with (
        patch("edgeship.cli.context._target", found),
        patch("edgeship.cli.channels.expecting.is_terminal", lambda: False),
        patch("edgeship.cli.status.incident.is_terminal", lambda: False),
        patch("edgeship.cli.channels.expecting.state_file", lambda _: None),
        patch("edgeship.bootstrap.runtime.utc_now", lambda: world.now),
    ):
        yield


def _operator(world: World) -> Any:
    def clock() -> Any:
        return world.now

    snapshots, store = FakeSnapshots(), FakeRouteStore()
    bring(world.state, snapshots, store, *(widget.name for widget in world.state.widgets()))
    edge = ReadEdge(snapshots, store)
    deliveries, numbers = FakeDeliveries(), ReadNumbers(world.pages, world.comparisons)
    files: PublishedFiles = SimpleNamespace(read=lambda *_: None)  # type: ignore[assignment]
    site: Any = SimpleNamespace(manifest=lambda *_: None)
    return SimpleNamespace(
        state=world.state,
        status=ReadStatus(world.state, deliveries, clock, edge, EDGE),
        overview=ReadOverview(world.state, deliveries, clock, edge, EDGE),
        numbers=numbers,
        follow_rollout=FollowRollout(world.state, numbers, clock, lambda _: None),
        explain_unknown=ExplainUnknown(world.state),
        changes=ReadChanges(world.state, site),
        errors=ExplainErrors(world.state, world.errors, SimpleNamespace(read=lambda *_: None), files, None, clock),  # type: ignore[arg-type]
        roll_back=lambda *arguments: world.roll_back(*arguments),
    )
