"""A move of a channel that a newer move has overtaken: the newer move's run does the work."""

from __future__ import annotations

from edgeship.application.propagation.ports import DeploymentState
from edgeship.domain.channels.channel import Channel
from edgeship.domain.propagation.deployment import Deployment


class Overtaken(Exception):
    """The channel has moved on."""


def refuse_overtaken(state: DeploymentState, channel: Channel) -> None:
    """
    Raises:
        Overtaken: the channel has moved since it was read.
    """
    if state.channel(channel.widget, channel.name).sequence != channel.sequence:
        raise Overtaken


def deployment_of(state: DeploymentState, channel: Channel) -> Deployment:
    """The deployment of the channel's last move, at the time that the channel was read.

    Raises:
        Overtaken: the stored deployment is that of a newer move.
    """
    deployment = state.deployment(channel.widget, channel.name)
    if deployment.sequence > channel.sequence:
        raise Overtaken
    return deployment.of(channel)
