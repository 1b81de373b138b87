"""Composes functions/relay."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import boto3

from edgeship.adapters.cdn.key_value_store import KeyValueStore, at_its_endpoint
from edgeship.adapters.cloudwatch.emf_edge import EmfEdge
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.messaging.eventbridge_bus import EventBridgeBus
from edgeship.adapters.messaging.sqs_poison import SQSPoison
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.adapters.token_keys import SecretTokenKeys
from edgeship.application.edge.bring_keys import BringKeys
from edgeship.application.edge.bring_store import BringStore
from edgeship.application.edge.fill_store import FillStore
from edgeship.application.edge.refresh_routes import RefreshRoutes
from edgeship.application.edge.relay_events import RelayEvents
from edgeship.application.edge.repair_edge import RepairEdge
from edgeship.application.ports import Report
from edgeship.application.previews.bring_previews import BringPreviews
from edgeship.bootstrap.flag_copies import refresh_flags
from edgeship.bootstrap.runtime import client_config, jittered_pause, slow_config, utc_now
from edgeship.resource_names import SNAPSHOT_KEY
from edgeship.settings import RelaySettings


@dataclass(frozen=True)
class RelayFunction:
    """What functions/relay calls: for the table's stream, every minute, and in a deploy."""

    relay: RelayEvents
    repair: RepairEdge
    fill: FillStore


def build(env: Mapping[str, str], report: Report) -> RelayFunction:
    """The use cases, from the function's environment variables.

    `report` is told of faults that hold no event up.
    """
    settings = RelaySettings.from_env(env)
    dynamodb = boto3.client("dynamodb", config=client_config(settings.read_threads))
    state = DynamoDBState(dynamodb, settings.table)
    snapshots = S3Snapshots(boto3.client("s3", config=client_config()), settings.config_bucket, SNAPSHOT_KEY)
    keys = at_its_endpoint(boto3.client("cloudfront-keyvaluestore", config=slow_config()))
    store = KeyValueStore(keys, settings.store_arn)
    secrets = boto3.client("secretsmanager", config=client_config())
    tokens = SecretTokenKeys(secrets, settings.token_secret, utc_now)
    bring_keys = BringKeys(tokens, store, utc_now, jittered_pause)
    bring = BringStore(snapshots, store, jittered_pause)
    routes = RefreshRoutes(
        state, snapshots, bring, settings.environment, utc_now, jittered_pause, settings.read_threads
    )
    flags = refresh_flags(state, settings.config_bucket, settings.flag_copies, report)
    previews = None
    if settings.preview_store_arn:
        previews = BringPreviews(state, KeyValueStore(keys, settings.preview_store_arn), utc_now, jittered_pause)
    relay = RelayEvents(
        refresh_routes=routes,
        refresh_flags=flags,
        bring_previews=previews,
        bus=EventBridgeBus(boto3.client("events", config=client_config()), settings.bus),
        poison=SQSPoison(boto3.client("sqs", config=client_config()), settings.poison_queue_url),
        report=report,
    )
    repair = RepairEdge(
        state=state,
        refresh_routes=routes,
        bring=bring,
        store=store,
        refresh_flags=flags,
        metrics=EmfEdge(settings.environment),
        bring_keys=bring_keys,
        bring_previews=previews,
        snapshots=snapshots,
    )
    return RelayFunction(relay, repair, FillStore(routes, bring, bring_keys, time.sleep, report))
