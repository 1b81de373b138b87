"""Bring the version that a channel points at to the CDNs again."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.ports import Pause
from edgeship.application.propagation.ports import DeploymentState
from edgeship.application.retry_conflict import retry_conflict
from edgeship.application.transaction import Transaction
from edgeship.domain.channels.channel import Channel
from edgeship.domain.events import Occasion
from edgeship.domain.naming import check_channel, check_widget
from edgeship.domain.propagation.deployment import request


@dataclass(frozen=True)
class RequestDeployment:
    state: DeploymentState
    pause: Pause

    def __call__(self, widget: str, name: str, occasion: Occasion) -> Channel:
        """Request it; the propagation function is started by the event. Two requests are two deployments.

        Raises:
            Refused: `widget_invalid`, `channel_invalid` or `nothing_live`.
        """
        check_widget(widget)
        check_channel(name)

        def attempt() -> Channel:
            channel = self.state.channel(widget, name)
            again, event = request(self.state.deployment(widget, name), channel, occasion)
            self.state.commit(Transaction(puts=(again,), events=(event,)))
            return channel

        return retry_conflict(attempt, self.pause)
