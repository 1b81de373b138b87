"""What the use cases stand on: the clients of one environment, made when they are first needed."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeship.bootstrap.runtime import operator_config, rescue_config
from edgeship.domain.health.thresholds import PERIOD_SECONDS
from edgeship.resource_names import REGION, ResourceNames

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

    from edgeship.adapters.cdn.named_store import NamedStore
    from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
    from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
    from edgeship.adapters.s3.release_files import S3ReleaseFiles
    from edgeship.adapters.s3.source_maps import S3SourceMaps
    from edgeship.application.releases.ports import PublishedFiles, Site, UploadLimits
    from edgeship.application.status.ports import EnvironmentState


class Resources:
    """Of one environment; `site_url` is where its CDN answers, if that is known, and `period_seconds` that of its
    metrics. Imports are made with what needs them: a command waits for no other's."""

    def __init__(
        self,
        names: ResourceNames,
        session: boto3.Session,
        site_url: str | None,
        period_seconds: int = PERIOD_SECONDS,
    ) -> None:
        self._names, self._session, self._site_url = names, session, site_url
        self._period_seconds = period_seconds

    @cached_property
    def _s3(self) -> S3Client:
        return self._session.client("s3", region_name=REGION, config=operator_config())

    @cached_property
    def _dynamodb(self) -> DynamoDBClient:
        return self._session.client("dynamodb", region_name=REGION, config=operator_config())

    @cached_property
    def _alarms(self) -> CloudWatchAlarms:
        from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms

        return CloudWatchAlarms(
            self._session.client("cloudwatch", region_name=REGION, config=operator_config()), self._names.environment
        )

    @cached_property
    def _files(self) -> S3ReleaseFiles:
        from edgeship.adapters.s3.release_files import S3ReleaseFiles

        return S3ReleaseFiles(
            self._session.client("s3", region_name=REGION, config=rescue_config()), self._names.site_bucket
        )

    @cached_property
    def _deliveries(self) -> DynamoDBDeliveries:
        from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries

        return DynamoDBDeliveries(self._dynamodb, self._names.table)

    @cached_property
    def _maps(self) -> S3SourceMaps:
        from edgeship.adapters.s3.source_maps import S3SourceMaps

        return S3SourceMaps(self._s3, self._names.inbox_bucket)

    @cached_property
    def _store(self) -> NamedStore:
        from edgeship.adapters.cdn.named_store import NamedStore

        return NamedStore(self._session, operator_config(), self._names.route_store)

    @cached_property
    def state(self) -> EnvironmentState:
        from edgeship.adapters.dynamodb.state import DynamoDBState

        return DynamoDBState(self._dynamodb, self._names.table)

    @cached_property
    def site(self) -> Site:
        from edgeship.adapters.s3.site import S3Site

        return S3Site(self._s3, self._names.site_bucket, threads=1)

    @cached_property
    def published(self) -> PublishedFiles:
        from edgeship.adapters.s3.source_maps import S3PublishedFiles

        return S3PublishedFiles(self._s3, self._names.site_bucket)

    @cached_property
    def upload_limits(self) -> UploadLimits:
        from edgeship.adapters.upload_limits import DeployedLimits

        return DeployedLimits(self._session, REGION, self._names.upload_limits)
