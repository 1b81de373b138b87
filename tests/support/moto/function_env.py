"""The environment variables of each function, for the environment that moto holds."""

from __future__ import annotations

from edgeship.settings import (
    ArtifactUploadSettings,
    NotificationSettings,
    PromotionSettings,
    PropagationSettings,
    RelaySettings,
    RollbackSettings,
    RolloutSettings,
    TelemetrySettings,
)
from tests.support.moto.aws import ACCOUNT, NAMES, REGION, Aws, create_distribution
from tests.support.moto.key_value_store import STORE_ARN


def function_env(function: str, aws: Aws) -> dict[str, str]:
    """The environment variables that the template gives a function, for this environment."""
    base = {"environment": NAMES.environment, "table": NAMES.table}
    match function:
        case "artifact_upload":
            return ArtifactUploadSettings(
                **base,
                inbox_bucket=NAMES.inbox_bucket,
                site_bucket=NAMES.site_bucket,
                upload_threads=4,
            ).to_env()
        case "promotion":
            return PromotionSettings(**base, site_bucket=NAMES.site_bucket).to_env()
        case "rollout":
            return RolloutSettings(
                **base,
                views_table=NAMES.views_table,
                site_bucket=NAMES.site_bucket,
                config_bucket=NAMES.config_bucket,
                page_threads=2,
            ).to_env()
        case "rollback":
            return RollbackSettings(**base, views_table=NAMES.views_table, site_bucket=NAMES.site_bucket).to_env()
        case "propagation":
            return PropagationSettings(
                **base,
                site_bucket=NAMES.site_bucket,
                distribution_id=create_distribution(),
                site_url="https://widgets.example.com",
                queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/moves",
                copy_threads=4,
            ).to_env()
        case "notification":
            return NotificationSettings(
                **base,
                topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAMES.notification_topic}",
                queue_url=f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/notices",
            ).to_env()
        case "telemetry":
            return TelemetrySettings(
                **base,
                config_bucket=NAMES.config_bucket,
                views_table=NAMES.views_table,
                token_secret=NAMES.token_secret,
            ).to_env()
        case "relay":
            return RelaySettings(
                **base,
                bus=NAMES.bus,
                config_bucket=NAMES.config_bucket,
                poison_queue_url=aws.poison_queue_url,
                store_arn=STORE_ARN,
                token_secret=NAMES.token_secret,
                read_threads=1,
            ).to_env()
    raise ValueError(function)
