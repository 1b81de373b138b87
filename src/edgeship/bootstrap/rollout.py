"""Composes functions/rollout."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from edgeship.adapters.cloudwatch_alarms import CloudWatchAlarms
from edgeship.adapters.cloudwatch_metrics import CloudWatchMeasurements
from edgeship.adapters.dynamodb_state import DynamoDBState
from edgeship.application.react_to_breach import ReactToBreach
from edgeship.application.watch_channels import WatchChannels
from edgeship.bootstrap.runtime import client_config, jittered_pause
from edgeship.settings import RolloutSettings


def build(env: Mapping[str, str]) -> tuple[WatchChannels, str]:
    """The use case, from the function's environment variables, and the environment's name."""
    settings = RolloutSettings.from_env(env)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    cloudwatch = boto3.client("cloudwatch", config=client_config())
    watch = WatchChannels(
        state=state,
        alarms=CloudWatchAlarms(cloudwatch, settings.environment),
        measurements=CloudWatchMeasurements(cloudwatch, settings.environment, settings.period_seconds),
        react=ReactToBreach(state, jittered_pause),
    )
    return watch, settings.environment
