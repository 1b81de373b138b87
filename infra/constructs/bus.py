"""The environment's event bus, with an archive of everything edgeship has said on it."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_events as events
from constructs import Construct

from edgeship.domain.events import SOURCE
from infra.options import SynthOptions


class Bus(Construct):
    """The bus only takes events from this account: it has no resource policy.

    The archive goes with the bus, also where data outlives the stack: a bus whose archive is left can't be deleted,
    since the archive has a rule on it
    (https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DeleteEventBus.html).
    The table, which outlives both, has every event.
    """

    def __init__(self, scope: Construct, id: str, options: SynthOptions) -> None:
        super().__init__(scope, id)
        self.bus = events.EventBus(self, "Bus", event_bus_name=options.names.bus)
        archive = self.bus.archive(
            "Archive",
            archive_name=options.names.bus,
            description=f"Events of edgeship in {options.environment}, for replay",
            event_pattern=events.EventPattern(source=[SOURCE]),
            retention=Duration.days(options.event_retention_days),
        )
        archive.apply_removal_policy(RemovalPolicy.DESTROY)
