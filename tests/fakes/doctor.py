"""An environment as a diagnosis reads it, in memory: healthy, until a test changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from edgeship.application.doctor.diagnose_environment import AwsReaders, DiagnoseEnvironment, Readers, Subject
from edgeship.domain.deploying.quotas import Need, needs_to_run
from edgeship.domain.doctor.account import Answered, Caller, Used
from edgeship.domain.doctor.serving import EdgeFacts, Probed
from edgeship.domain.doctor.stack import SeenStack
from edgeship.domain.doctor.work import Arrived, OwnAlarm, SeenAlarms, SeenQueue

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOME = "us-east-1"
URL = "https://widgets.example.com"


@dataclass
class FakeEnvironment:
    """What each port answers; `fails` are the errors of the ports that can't be read, by their names."""

    caller: Caller = field(default_factory=lambda: Caller("123456789012", Answered(NOON, NOON, NOON)))
    stack: SeenStack = field(default_factory=lambda: SeenStack("edgeship-test", HOME, "UPDATE_COMPLETE", "0.1.0"))
    statuses: dict[str, int] = field(default_factory=dict)
    alarms: SeenAlarms = field(
        default_factory=lambda: SeenAlarms([OwnAlarm("Relay-Lag", in_alarm=False, since=NOON, description="It lags.")])
    )
    queues: list[SeenQueue] = field(default_factory=lambda: [SeenQueue("edgeship-test-Poison", "url", 0, True)])
    quota: int = 1_000
    edge: EdgeFacts = field(default_factory=lambda: EdgeFacts(12, 12, (), 1_000))
    arrived: list[Arrived] = field(default_factory=list)
    probed: bool = True
    fails: dict[str, Exception] = field(default_factory=dict)

    def diagnosis(self) -> DiagnoseEnvironment:
        aws = AwsReaders(
            unread=_as_it_is,
            stacks=_Stacks(self),
            alarms=_Read(self, "alarms"),
            queues=_Read(self, "queues"),
            quotas=_Quotas(self),
            edge=_Read(self, "edge").read,
            arrivals=_Read(self, "arrived").read,
        )
        readers = Readers(_Read(self, "caller"), [_Probe(self)] if self.probed else [], aws)
        return DiagnoseEnvironment(Subject("test", {"edgeship-test": HOME}, "0.1.0", needs_to_run(HOME)), readers)

    def raise_for(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]


@contextmanager
def _as_it_is(needs: str) -> Iterator[None]:
    yield


@dataclass
class _Read:
    of: FakeEnvironment
    name: str

    def read(self) -> Any:
        self.of.raise_for(self.name)
        return getattr(self.of, self.name)


@dataclass
class _Stacks:
    of: FakeEnvironment

    def read(self, region: str, name: str) -> SeenStack:
        self.of.raise_for("stack")
        return self.of.stack


@dataclass
class _Probe:
    of: FakeEnvironment

    def get(self, path: str) -> Probed:
        return Probed(URL, path, self.of.statuses.get(path, 200))


@dataclass
class _Quotas:
    of: FakeEnvironment

    def use(self, need: Need) -> Used:
        self.of.raise_for("quotas")
        return Used(need, self.of.quota, 0)
