"""Composes functions/telemetry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.config import Config

from edgeship.adapters.cloudwatch.emf_metrics import EmfMetrics
from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.adapters.dynamodb.health.views import DynamoDBViews
from edgeship.adapters.dynamodb.health.witnesses import DynamoDBWitnessBooks
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.adapters.token_keys import SecretTokenKeys
from edgeship.application.ports import Report
from edgeship.application.telemetry.keep_errors import KeepErrors
from edgeship.application.telemetry.keep_witnesses import KeepWitnesses
from edgeship.application.telemetry.known_releases import KnownReleases
from edgeship.application.telemetry.record_beacon import RecordBeacon
from edgeship.application.telemetry.verify_beacon import VerifyBeacon
from edgeship.bootstrap.runtime import utc_now
from edgeship.resource_names import SNAPSHOT_KEY
from edgeship.settings import TelemetrySettings


@dataclass(frozen=True)
class TelemetryFunction:
    """What functions/telemetry calls, and for how many seconds browsers may keep the client."""

    record: RecordBeacon
    client_max_age: int


def build(env: Mapping[str, str], report: Report) -> TelemetryFunction:
    """The use case, from the function's environment variables.

    `report` is told of faults that are no reason to leave a page without its answer.
    """
    settings = TelemetrySettings.from_env(env)
    # A page must not wait for us: what is slower than this is done without.
    config = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=0.5, read_timeout=0.5)
    snapshots = S3Snapshots(boto3.client("s3", config=config), settings.config_bucket, SNAPSHOT_KEY)
    dynamodb = boto3.client("dynamodb", config=config)
    books = DynamoDBErrorBooks(dynamodb, settings.table, utc_now)
    keys = SecretTokenKeys(boto3.client("secretsmanager", config=config), settings.token_secret, utc_now)
    views = DynamoDBViews(dynamodb, settings.views_table, utc_now)
    witnesses = DynamoDBWitnessBooks(dynamodb, settings.views_table, utc_now)
    record = RecordBeacon(
        known=KnownReleases(snapshots, utc_now, report),
        verify=VerifyBeacon(views, keys, utc_now, report),
        metrics=EmfMetrics(settings.environment),
        keep_errors=KeepErrors(books, utc_now, report),
        keep_witnesses=KeepWitnesses(witnesses, keys, utc_now, report),
    )
    return TelemetryFunction(record, settings.pointer_max_age)
