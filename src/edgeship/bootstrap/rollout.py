"""Composes functions/rollout."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import boto3

from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics
from edgeship.adapters.dynamodb.health.comparisons import DynamoDBComparisons
from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
from edgeship.adapters.dynamodb.health.witnesses import DynamoDBWitnessBooks
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.s3.health_pages import S3HealthPages
from edgeship.adapters.s3.release_files import S3ReleaseFiles
from edgeship.adapters.s3.snapshots import S3Snapshots
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.application.channels.reacting.react_to_breach import ReactToBreach
from edgeship.application.channels.watching.compare_candidates import CompareCandidates
from edgeship.application.channels.watching.react_to_quarantine import ReactToQuarantine
from edgeship.application.channels.watching.start_waiting import StartWaiting
from edgeship.application.channels.watching.watch_channels import WatchChannels
from edgeship.application.health.check_witnesses import CheckWitnesses
from edgeship.application.health.publish_health import PublishHealth
from edgeship.application.previews.expire_previews import ExpirePreviews
from edgeship.bootstrap.runtime import client_config, jittered_pause, rescue_config, slow_config, utc_now
from edgeship.resource_names import HEALTH_LIST_KEY, SNAPSHOT_KEY
from edgeship.settings import RolloutSettings


@dataclass(frozen=True)
class RolloutFunction:
    """What functions/rollout calls, in the environment of this name."""

    watch: WatchChannels
    expire_previews: ExpirePreviews
    environment: str


def build(env: Mapping[str, str]) -> RolloutFunction:
    """The use case, from the function's environment variables."""
    settings = RolloutSettings.from_env(env)
    dynamodb = boto3.client("dynamodb", config=client_config(settings.page_threads))
    s3 = boto3.client("s3", config=client_config(settings.page_threads))
    state = DynamoDBState(dynamodb, settings.table)
    # A page is written each period, so no cache should keep it for longer.
    pages = S3HealthPages(s3, settings.site_bucket, settings.config_bucket, HEALTH_LIST_KEY, settings.period_seconds)
    files = S3ReleaseFiles(boto3.client("s3", config=rescue_config()), settings.site_bucket)
    cloudwatch = boto3.client("cloudwatch", config=slow_config())
    alarms = CloudWatchAlarms(cloudwatch, settings.environment)
    metrics = CloudWatchMetrics(cloudwatch, settings.environment, settings.period_seconds)
    witnesses = CheckWitnesses(DynamoDBWitnessBooks(dynamodb, settings.views_table, utc_now))
    watch = WatchChannels(
        state=state,
        alarms=alarms,
        metrics=metrics,
        compare=CompareCandidates(DynamoDBComparisons(dynamodb, settings.table), settings.period_seconds),
        react=ReactToBreach(state, files, metrics, witnesses, jittered_pause),
        react_to_quarantine=ReactToQuarantine(state, files, jittered_pause),
        publish=PublishHealth(
            state=state,
            pages=pages,
            errors=DynamoDBErrorBooks(dynamodb, settings.table, utc_now),
            period_seconds=settings.period_seconds,
            threads=settings.page_threads,
        ),
        start_waiting=StartWaiting(state, PromoteUpload(state=state, alarms=alarms, files=files, pause=jittered_pause)),
        registry=S3Snapshots(s3, settings.config_bucket, SNAPSHOT_KEY),
        sleep=time.sleep,
    )
    return RolloutFunction(watch, ExpirePreviews(state, jittered_pause), settings.environment)
