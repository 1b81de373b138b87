"""Composes functions/promotion."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.s3.release_files import S3ReleaseFiles
from edgeship.application.channels.promote_upload import PromoteUpload
from edgeship.bootstrap.runtime import client_config, jittered_pause, rescue_config
from edgeship.settings import PromotionSettings


def build(env: Mapping[str, str]) -> PromoteUpload:
    """The use case, from the function's environment variables."""
    settings = PromotionSettings.from_env(env)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    alarms = CloudWatchAlarms(boto3.client("cloudwatch", config=client_config()), settings.environment)
    files = S3ReleaseFiles(boto3.client("s3", config=rescue_config()), settings.site_bucket)
    return PromoteUpload(state=state, alarms=alarms, files=files, pause=jittered_pause)
