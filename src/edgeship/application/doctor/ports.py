"""What a diagnosis needs from outside, as Protocols. Every method may raise `NotAllowed` and `NotRead`."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from edgeship.domain.deploying.quotas import Need
from edgeship.domain.doctor.account import Caller, Used
from edgeship.domain.doctor.serving import Probed
from edgeship.domain.doctor.stack import SeenStack
from edgeship.domain.doctor.work import SeenAlarms, SeenQueue


class NotAllowed(Exception):
    """These credentials may not read it; `needs` is the action of IAM that they lack."""

    def __init__(self, needs: str) -> None:
        super().__init__(needs)
        self.needs = needs


class NotRead(Exception):
    """It could not be read for another reason; the message is a sentence."""


class Unread(Protocol):
    """A context in which what AWS answers becomes `NotAllowed` or `NotRead`."""

    def __call__(self, needs: str) -> AbstractContextManager[None]:
        """`needs` is the action that is named where AWS names none."""
        ...


class Callers(Protocol):
    def read(self) -> Caller:
        """Whose credentials these are. That AWS does not take them is an answer."""
        ...


class StackReader(Protocol):
    def read(self, region: str, name: str) -> SeenStack: ...


class Probe(Protocol):
    """The CDN at one URL."""

    def get(self, path: str) -> Probed:
        """GET a path below the URL. That there is no answer is an answer."""
        ...


class AlarmReader(Protocol):
    def read(self) -> SeenAlarms:
        """The environment's alarms."""
        ...


class QueueReader(Protocol):
    def read(self) -> list[SeenQueue]:
        """The queues of the environment's stack."""
        ...


class QuotaReader(Protocol):
    def use(self, need: Need) -> Used:
        """The quota of the account, and how much of it is in use."""
        ...
