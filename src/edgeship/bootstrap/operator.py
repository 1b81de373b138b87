"""Composes what the command line can do, with the operator's own credentials."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeship.bootstrap.operations.acting import Acting
from edgeship.bootstrap.operations.publishing import Publishing
from edgeship.bootstrap.operations.reading import Reading
from edgeship.domain.health.thresholds import PERIOD_SECONDS
from edgeship.resource_names import ResourceNames

if TYPE_CHECKING:
    import boto3

    from edgeship.application.notifications.redrive_dead_letters import RedriveDeadLetters


class Operator(Reading, Acting, Publishing):
    """The use cases of an operator in one environment, each made when it is first asked for."""

    @cached_property
    def redrive(self) -> RedriveDeadLetters:
        """It reads before it acts."""
        from edgeship.application.notifications.redrive_dead_letters import RedriveDeadLetters

        return RedriveDeadLetters(self._dead_letters, self.dead_letters)


def build(
    names: ResourceNames, session: boto3.Session, site_url: str | None, period_seconds: int = PERIOD_SECONDS
) -> Operator:
    """The use cases; `site_url` is where the environment's CDN answers, if that is known, and `period_seconds` the
    period of its metrics, which is shorter on a fast local cloud. Nothing is called yet."""
    return Operator(names, session, site_url, period_seconds)
