"""Typed settings, one class a function; the template writes these environment variables and a test holds it to them.

Nothing here reads the environment at import: `from_env(os.environ)` is called by the composition root.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from edgeship.domain.edge.freshness import STORE_SETTLE_SECONDS
from edgeship.domain.releases.limits import DEFAULT_LIMITS

TRACING: Final = "EDGESHIP_TRACING"
"""Set to `true` in the functions of a stack with the option `tracing`."""

Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]

FlagCopies = Mapping[str, str]
"""The bucket of each Region, but the home Region, that has a copy of the flags' snapshot."""


def parse_copies(text: str) -> FlagCopies:
    """Read `REGION=BUCKET,REGION=BUCKET`; `format_copies` writes it.

    Raises:
        ValueError: a part is not of this form.
    """
    copies = {}
    for part in filter(None, text.split(",")):
        region, equals, bucket = part.partition("=")
        if not (region and equals and bucket):
            raise ValueError(f"{part!r} is not REGION=BUCKET")
        copies[region] = bucket
    return copies


def format_copies(copies: FlagCopies) -> str:
    """The text that `parse_copies` reads."""
    return ",".join(f"{region}={bucket}" for region, bucket in copies.items())


class Settings(BaseModel):
    """Fields are read from `EDGESHIP_<FIELD NAME IN CAPITALS>`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Name
    table: Name

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        """Read every field that the environment sets.

        Raises:
            pydantic.ValidationError: a required variable is missing or one does not parse; it names each.
        """
        return cls.model_validate(
            {field: env[cls.variable(field)] for field in cls.model_fields if cls.variable(field) in env}
        )

    @staticmethod
    def variable(field: str) -> str:
        return f"EDGESHIP_{field.upper()}"

    def to_env(self) -> dict[str, str]:
        """The environment variables that `from_env` reads back to an equal object."""
        return {self.variable(field): str(value) for field, value in self.model_dump(exclude_none=True).items()}


class ArtifactUploadSettings(Settings):
    inbox_bucket: Name
    site_bucket: Name
    max_files: int = Field(DEFAULT_LIMITS.files, gt=0, description="files in one bundle")
    max_file_bytes: int = Field(DEFAULT_LIMITS.file_bytes, gt=0, description="unpacked size of one file")
    max_total_bytes: int = Field(DEFAULT_LIMITS.total_bytes, gt=0, description="unpacked size of one bundle")
    max_ratio: int = Field(DEFAULT_LIMITS.ratio, gt=0, description="unpacked size over packed size")
    upload_threads: int = Field(16, gt=0, le=64)
    previews_bucket: Name | None = Field(None, description="None where no previews are served")
    require_signatures: bool = Field(False, description="whether uploads of every widget must be signed")


class PromotionSettings(Settings):
    site_bucket: Name


class RolloutSettings(Settings):
    views_table: Name
    site_bucket: Name
    config_bucket: Name
    period_seconds: int = Field(60, gt=0, description="of the metrics that are analysed")
    page_threads: int = Field(16, gt=0, le=64, description="health pages that are written at a time")


class RollbackSettings(Settings):
    views_table: Name
    site_bucket: Name
    period_seconds: int = Field(60, gt=0, description="of the metrics that are analysed")


class PropagationSettings(Settings):
    """The four fields of Cloudflare's are given together or not at all."""

    site_bucket: Name
    distribution_id: Name
    site_url: Name = Field(description="where the distribution answers: https://…")
    queue_url: Name = Field(description="where moves wait")
    root_widget: Name | None = None
    pointer_max_age: int = Field(300, ge=0, description="seconds for which a browser may keep a moving path")
    store_settle_seconds: float = Field(
        STORE_SETTLE_SECONDS, ge=0, description="the wait for the store of routes before a second CDN is purged"
    )
    copy_threads: int = Field(16, gt=0, le=64)
    cloudflare_zone: Name | None = Field(None, description="the id of the zone")
    cloudflare_url: Name | None = Field(None, description="where browsers reach the widgets through Cloudflare")
    cloudflare_token: Name | None = Field(None, description="the reference of the secret that holds the API token")
    cloudflare_api: Name = "https://api.cloudflare.com/client/v4"

    @model_validator(mode="after")
    def _cloudflare_whole(self) -> Self:
        parts = {self.cloudflare_zone, self.cloudflare_url, self.cloudflare_token}
        if None in parts and len(parts) > 1:
            raise ValueError("cloudflare_zone, cloudflare_url and cloudflare_token go together")
        return self


class NotificationSettings(Settings):
    topic_arn: Name
    queue_url: Name


class RelaySettings(Settings):
    bus: Name
    config_bucket: Name
    poison_queue_url: Name
    store_arn: Name = Field(description="of the KeyValueStore that the router reads")
    token_secret: Name = Field(description="the secret of the master key of tokens")
    preview_store_arn: Name | None = Field(None, description="of the KeyValueStore that the router of previews reads")
    read_threads: int = Field(32, gt=0, le=64, description="widgets whose routes are read at a time")
    edge_copies: str = Field("", description="where copies of the flags are: REGION=BUCKET, with commas between them")

    @property
    def flag_copies(self) -> FlagCopies:
        return parse_copies(self.edge_copies)

    @field_validator("edge_copies")
    @classmethod
    def _copies(cls, text: str) -> str:
        parse_copies(text)
        return text


class TelemetrySettings(Settings):
    config_bucket: Name
    views_table: Name
    token_secret: Name = Field(description="the secret of the master key of tokens")
    pointer_max_age: int = Field(300, ge=0, description="seconds for which a browser may keep the beacon client")


FUNCTION_SETTINGS: dict[str, type[Settings]] = {
    "artifact_upload": ArtifactUploadSettings,
    "promotion": PromotionSettings,
    "rollout": RolloutSettings,
    "rollback": RollbackSettings,
    "propagation": PropagationSettings,
    "notification": NotificationSettings,
    "relay": RelaySettings,
    "telemetry": TelemetrySettings,
}
"""The settings class of each function that takes an environment (the edge takes none)."""
