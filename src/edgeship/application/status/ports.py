"""What the overview of an environment needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from edgeship.application.flags.ports import FlagState
from edgeship.application.notifications.ports import NotificationState
from edgeship.application.previews.ports import PreviewState
from edgeship.application.propagation.ports import DeploymentState
from edgeship.application.provenance.ports import ProvenanceState


@dataclass(frozen=True)
class LogLine:
    """A line that a function logged at a time (aware); `fields` are those of its JSON."""

    at: datetime
    function: str
    fields: Mapping[str, Any]


class FunctionLogs(Protocol):
    def search(self, texts: Sequence[str], since: datetime) -> list[LogLine]:
        """The lines of all functions that contain any of the texts, the oldest first."""


class EnvironmentState(DeploymentState, NotificationState, FlagState, ProvenanceState, PreviewState, Protocol):
    """Everything in the table."""
