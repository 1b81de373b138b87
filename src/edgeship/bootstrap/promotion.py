"""Composes functions/promotion."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from edgeship.adapters.dynamodb_state import DynamoDBState
from edgeship.application.promote_upload import PromoteUpload
from edgeship.bootstrap.runtime import client_config, jittered_pause
from edgeship.settings import PromotionSettings


def build(env: Mapping[str, str]) -> PromoteUpload:
    """The use case, from the function's environment variables."""
    settings = PromotionSettings.from_env(env)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    return PromoteUpload(state=state, pause=jittered_pause)
