"""Composes functions/rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.config import Config

from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics
from edgeship.adapters.dynamodb.health.witnesses import DynamoDBWitnessBooks
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.s3.release_files import S3ReleaseFiles
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.reacting.react_to_failed_deployment import ReactToFailedDeployment
from edgeship.application.health.check_witnesses import CheckWitnesses
from edgeship.bootstrap.runtime import client_config, jittered_pause, rescue_config, utc_now
from edgeship.settings import RollbackSettings

QUICK = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=5)
"""A release is stopped without the metrics when they take longer: together less than the function's timeout."""


@dataclass(frozen=True)
class RollbackFunction:
    """What functions/rollback calls."""

    react_to_breach: ReactToBreach
    react_to_failed_deployment: ReactToFailedDeployment


def build(env: Mapping[str, str]) -> RollbackFunction:
    """The use cases, from the function's environment variables."""
    settings = RollbackSettings.from_env(env)
    dynamodb = boto3.client("dynamodb", config=client_config())
    state = DynamoDBState(dynamodb, settings.table)
    witnesses = CheckWitnesses(DynamoDBWitnessBooks(dynamodb, settings.views_table, utc_now))
    files = S3ReleaseFiles(boto3.client("s3", config=rescue_config()), settings.site_bucket)
    cloudwatch = boto3.client("cloudwatch", config=QUICK)
    metrics = CloudWatchMetrics(cloudwatch, settings.environment, settings.period_seconds)
    return RollbackFunction(
        ReactToBreach(state, files, metrics, witnesses, jittered_pause),
        ReactToFailedDeployment(state, files, jittered_pause),
    )
