"""What the overview of an environment needs from outside, as Protocols."""

from __future__ import annotations

from typing import Protocol

from edgeship.application.flags.ports import FlagState
from edgeship.application.notifications.ports import NotificationState
from edgeship.application.previews.ports import PreviewState
from edgeship.application.propagation.ports import DeploymentState
from edgeship.application.provenance.ports import ProvenanceState


class EnvironmentState(DeploymentState, NotificationState, FlagState, ProvenanceState, PreviewState, Protocol):
    """Everything in the table."""
