"""Composes functions/relay."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.messaging.eventbridge_bus import EventBridgeBus
from edgeship.adapters.messaging.sqs_poison import SQSPoison
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.application.edge.relay_events import RelayEvents
from edgeship.application.ports import Report
from edgeship.bootstrap.flag_copies import refresh_flags
from edgeship.bootstrap.runtime import client_config, jittered_pause, utc_now
from edgeship.resource_names import SNAPSHOT_KEY
from edgeship.settings import RelaySettings


def build(env: Mapping[str, str], report: Report) -> RelayEvents:
    """The use case, from the function's environment variables.

    `report` is told of faults that hold no event up.
    """
    settings = RelaySettings.from_env(env)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    return RelayEvents(
        state=state,
        snapshots=S3Snapshots(boto3.client("s3", config=client_config()), settings.config_bucket, SNAPSHOT_KEY),
        bus=EventBridgeBus(boto3.client("events", config=client_config()), settings.bus),
        poison=SQSPoison(boto3.client("sqs", config=client_config()), settings.poison_queue_url),
        clock=utc_now,
        pause=jittered_pause,
        refresh_flags=refresh_flags(state, settings.config_bucket, settings.flag_copies, report),
    )
