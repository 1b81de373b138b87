"""The console over fakes: a desk on a world, and a browser without scripts that asks its server."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

from edgeship.application.flags.change_flags import ChangeFlags
from edgeship.application.flags.evaluate_flags import EvaluateFlags
from edgeship.application.notifications.ports import FailureQueue
from edgeship.application.notifications.read_dead_letters import ReadDeadLetters
from edgeship.application.notifications.redrive_dead_letters import RedriveDeadLetters
from edgeship.application.propagation.request_deployment import RequestDeployment
from edgeship.application.status.explain_errors import ExplainErrors
from edgeship.application.status.read_changes import ReadChanges
from edgeship.application.status.read_edge import ReadEdge
from edgeship.application.status.read_numbers import ReadNumbers
from edgeship.application.status.read_overview import ReadOverview
from edgeship.application.status.read_recent_events import ReadRecentEvents
from edgeship.application.status.read_series import ReadSeries
from edgeship.application.status.read_status import ReadStatus
from edgeship.cli.errors import explain
from edgeship.console.desk import Desk
from edgeship.console.serving import Served, served
from tests.fakes.edge import FakeSnapshots
from tests.fakes.notifications import FakeDeadLetters, FakeDeliveries
from tests.fakes.route_store import FakeRouteStore, bring
from tests.support.world import World

ANN = "arn:aws:sts::123456789012:assumed-role/OnCall/ann"


class ConsoleWorld:
    """`world` with what else the console reads: manifests by widget and version, deliveries and dead letters."""

    def __init__(self, world: World, queues: list[FailureQueue] | None = None) -> None:
        self.world = world
        self.manifests: dict[tuple[str, str], Any] = {}
        self.sources: dict[str, bytes] = {}
        self.deliveries = FakeDeliveries()
        self.queues = FakeDeadLetters(queues or [])
        self.denied: set[str] = set()
        """Use cases that these credentials may not run."""

    def desk(self, *, read_only: bool = False) -> Desk:
        return Desk(
            operator=self._operator(),
            environment="production",
            actor=ANN,
            where="AWS account 123456789012",
            clock=lambda: self.world.now,
            explain=explain,
            occasion=lambda cause: self.world.occasion(ANN, cause),
            read_only=read_only,
        )

    def _operator(self) -> Any:
        world = self.world

        def never(_: int) -> None:
            """Nobody else is here to race with."""

        def clock() -> Any:
            return world.now

        snapshots, store = FakeSnapshots(), FakeRouteStore()
        bring(world.state, snapshots, store, *(widget.name for widget in world.state.widgets()))
        edge = ReadEdge(snapshots, store)
        site: Any = SimpleNamespace(manifest=lambda widget, version: self.manifests.get((widget, str(version))))
        files: Any = SimpleNamespace(read=lambda _, __, path: self.sources.get(path))
        read_letters = ReadDeadLetters(self.queues)
        return _Denying(
            self.denied,
            state=world.state,
            deliveries=self.deliveries,
            status=ReadStatus(world.state, self.deliveries, clock, edge, "test"),
            overview=ReadOverview(world.state, self.deliveries, clock, edge, "test"),
            numbers=ReadNumbers(world.pages, world.comparisons),
            series=ReadSeries(world.state, world.metrics, clock),
            recent_events=ReadRecentEvents(world.state),
            changes=ReadChanges(world.state, site),
            errors=ExplainErrors(world.state, world.errors, SimpleNamespace(read=lambda *_: None), files, None, clock),  # type: ignore[arg-type]
            evaluate=EvaluateFlags(world.state, clock, "test"),
            flags=ChangeFlags(world.state, lambda *_: None, never),
            promote=world.promote_release,
            start_rollout=world.start_rollout,
            steer_rollout=world.steer,
            roll_back=world.roll_back,
            unlock=world.unlock,
            unquarantine=world.unquarantine,
            freeze=world.freeze,
            request_deployment=RequestDeployment(world.state, never),
            dead_letters=read_letters,
            redrive=RedriveDeadLetters(self.queues, read_letters),
        )


class _Denying:
    """An operator some of whose use cases AWS denies when they are called."""

    def __init__(self, denied: set[str], **known: Any) -> None:
        self._denied, self._known = denied, known

    def __getattr__(self, name: str) -> Any:
        if name in self._denied:
            from botocore.exceptions import ClientError

            error = ClientError({"Error": {"Code": "AccessDenied", "Message": f"not allowed: {name}"}}, "Query")

            def denied(*_: Any, **__: Any) -> Any:
                raise error

            return denied
        return self._known[name]


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def text(self) -> str:
        """What a person reads, without the markup."""
        shown = re.sub(r"<(script|style).*?</\1>", " ", self.body, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", shown))).strip()

    def field(self, name: str) -> str:
        """The value of the form's field."""
        found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', self.body)
        assert found, f"no field {name} in {self.text}"
        return unescape(found[1])


@dataclass
class Visitor:
    """Asks the console as a browser without scripts does; `cookie` is what the console gave it."""

    at: Served
    cookie: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def open(self) -> Answer:
        """Open the URL that was printed."""
        parts = urlsplit(self.at.url)
        answer = self.get(f"{parts.path}?{parts.query}")
        self.cookie = answer.headers.get("set-cookie", "").split(";")[0]
        return answer

    def get(self, path: str, **headers: str | None) -> Answer:
        return self._ask("GET", path, None, _dashed(headers))

    def post(self, path: str, fields: Mapping[str, str], **headers: str | None) -> Answer:
        own = {"Origin": f"http://127.0.0.1:{self.at.port}", "Content-Type": "application/x-www-form-urlencoded"}
        return self._ask("POST", path, urlencode(fields), {**own, **_dashed(headers)})

    def follow(self, answer: Answer) -> Answer:
        assert answer.status == 303, answer.text
        return self.get(answer.headers["location"])

    def act(self, path: str, reason: str = "because", **fields: str) -> Answer:
        """Ask for an act, and do it with what was shown."""
        asked = self.get(path)
        assert asked.status == 200, asked.text
        known = {name: asked.field(name) for name in ("channel", "seen")}
        if 'name="version"' in asked.body:
            known["version"] = asked.field("version")
        return self.post(path.split("?")[0], {**known, "reason": reason, **fields})

    def _ask(self, method: str, path: str, body: str | None, headers: Mapping[str, str | None]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.at.port, timeout=20)
        sent = {"Host": f"127.0.0.1:{self.at.port}", "Cookie": self.cookie, **self.headers, **headers}
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body.encode())))
            connection.endheaders(body.encode() if body is not None else None)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, answer.read().decode())
        finally:
            connection.close()


def _dashed(headers: Mapping[str, str | None]) -> dict[str, str | None]:
    """Keyword arguments as names of headers."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def visited(desk: Desk) -> Iterator[Visitor]:
    """A visitor of a console of this desk, that has opened it."""
    with served(desk) as running:
        visitor = Visitor(running)
        assert visitor.open().status == 200
        yield visitor
