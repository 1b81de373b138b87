"""What only reads."""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING

from edgeship.bootstrap.operations.resources import Resources
from edgeship.bootstrap.runtime import client_config, operator_config, utc_now
from edgeship.domain.health.thresholds import PERIOD_SECONDS
from edgeship.resource_names import HEALTH_LIST_KEY, REGION, SNAPSHOT_KEY

if TYPE_CHECKING:
    from edgeship.application.cost.count_usage import CountUsage
    from edgeship.application.edge.resolve_url import ResolveUrl
    from edgeship.application.embeds.embed_release import EmbedRelease
    from edgeship.application.flags.evaluate_flags import EvaluateFlags
    from edgeship.application.notifications.follow_notification import FollowNotification
    from edgeship.application.notifications.ports import DeadLetters, Deliveries
    from edgeship.application.notifications.read_dead_letters import ReadDeadLetters
    from edgeship.application.provenance.read_sbom import ReadSbom
    from edgeship.application.status.explain_errors import ExplainErrors
    from edgeship.application.status.explain_unknown import ExplainUnknown
    from edgeship.application.status.export_artifacts import ExportArtifacts
    from edgeship.application.status.find_unserved import UnservedReleases
    from edgeship.application.status.follow_rollout import FollowRollout
    from edgeship.application.status.read_changes import ReadChanges
    from edgeship.application.status.read_edge import ReadEdge
    from edgeship.application.status.read_logs import ReadLogs
    from edgeship.application.status.read_numbers import ReadNumbers
    from edgeship.application.status.read_overview import ReadOverview
    from edgeship.application.status.read_recent_events import ReadRecentEvents
    from edgeship.application.status.read_series import ReadSeries
    from edgeship.application.status.read_status import ReadStatus


class Reading(Resources):
    """What only reads."""

    @cached_property
    def read_edge(self) -> ReadEdge:
        from edgeship.adapters.s3.snapshots import S3SnapshotReader
        from edgeship.application.status.read_edge import ReadEdge

        return ReadEdge(S3SnapshotReader(self._s3, self._names.config_bucket, SNAPSHOT_KEY), self._store)

    @cached_property
    def status(self) -> ReadStatus:
        from edgeship.application.status.read_status import ReadStatus

        return ReadStatus(self.state, self._deliveries, utc_now, self.read_edge, self._names.environment)

    @cached_property
    def overview(self) -> ReadOverview:
        from edgeship.application.status.read_overview import ReadOverview

        return ReadOverview(self.state, self._deliveries, utc_now, self.read_edge, self._names.environment)

    @cached_property
    def numbers(self) -> ReadNumbers:
        from edgeship.adapters.dynamodb.health.comparisons import DynamoDBComparisons
        from edgeship.adapters.s3.health_pages import S3HealthPages
        from edgeship.application.status.read_numbers import ReadNumbers

        return ReadNumbers(
            S3HealthPages(
                self._s3, self._names.site_bucket, self._names.config_bucket, HEALTH_LIST_KEY, PERIOD_SECONDS
            ),
            DynamoDBComparisons(self._dynamodb, self._names.table),
        )

    @cached_property
    def series(self) -> ReadSeries:
        from edgeship.adapters.cloudwatch.metrics import CloudWatchMetrics
        from edgeship.application.status.read_series import ReadSeries

        client = self._session.client("cloudwatch", region_name=REGION, config=operator_config())
        return ReadSeries(self.state, CloudWatchMetrics(client, self._names.environment, self._period_seconds), utc_now)

    @cached_property
    def recent_events(self) -> ReadRecentEvents:
        from edgeship.application.status.read_recent_events import ReadRecentEvents

        return ReadRecentEvents(self.state)

    @property
    def deliveries(self) -> Deliveries:
        return self._deliveries

    @cached_property
    def _dead_letters(self) -> DeadLetters:
        from edgeship.adapters.messaging.sqs_dead_letters import SqsDeadLetters

        client = self._session.client("sqs", region_name=REGION, config=operator_config())
        return SqsDeadLetters(client, self._names.stack)

    @cached_property
    def dead_letters(self) -> ReadDeadLetters:
        from edgeship.application.notifications.read_dead_letters import ReadDeadLetters

        return ReadDeadLetters(self._dead_letters)

    @cached_property
    def evaluate(self) -> EvaluateFlags:
        from edgeship.application.flags.evaluate_flags import EvaluateFlags

        return EvaluateFlags(self.state, utc_now, self._names.environment)

    @cached_property
    def follow_rollout(self) -> FollowRollout:
        from edgeship.application.status.follow_rollout import FollowRollout

        return FollowRollout(self.state, self.numbers, utc_now, time.sleep)

    @cached_property
    def explain_unknown(self) -> ExplainUnknown:
        from edgeship.application.status.explain_unknown import ExplainUnknown

        return ExplainUnknown(self.state)

    @cached_property
    def resolve(self) -> ResolveUrl:
        from edgeship.application.edge.resolve_url import ResolveUrl

        return ResolveUrl(self.state, self._store, self._names.environment)

    @cached_property
    def unserved(self) -> UnservedReleases:
        from edgeship.application.status.find_unserved import UnservedReleases

        return UnservedReleases(self.state)

    @cached_property
    def count_usage(self) -> CountUsage:
        from edgeship.application.cost.count_usage import CountUsage

        return CountUsage(self.state)

    @cached_property
    def changes(self) -> ReadChanges:
        from edgeship.application.status.read_changes import ReadChanges

        return ReadChanges(self.state, self.site)

    @cached_property
    def logs(self) -> ReadLogs:
        from edgeship.adapters.cloudwatch.function_logs import CloudWatchFunctionLogs
        from edgeship.application.status.read_logs import ReadLogs

        client = self._session.client("logs", region_name=REGION, config=client_config())
        return ReadLogs(CloudWatchFunctionLogs(client, self._names.log_groups))

    @cached_property
    def errors(self) -> ExplainErrors:
        from edgeship.adapters.dynamodb.health.error_books import DynamoDBErrorBooks
        from edgeship.adapters.javascript.source_maps import SymbolicDecoder
        from edgeship.application.status.explain_errors import ExplainErrors

        return ExplainErrors(
            state=self.state,
            books=DynamoDBErrorBooks(self._dynamodb, self._names.table, utc_now),
            maps=self._maps,
            files=self.published,
            decoder=SymbolicDecoder(),
            clock=utc_now,
        )

    @cached_property
    def artifacts(self) -> ExportArtifacts:
        from edgeship.adapters.archives.artifact_bundle import artifact_bundle
        from edgeship.application.status.export_artifacts import ExportArtifacts

        return ExportArtifacts(self.site, self.published, self._maps, artifact_bundle)

    @cached_property
    def sbom(self) -> ReadSbom:
        from edgeship.application.provenance.read_sbom import ReadSbom

        return ReadSbom(self._maps)

    @cached_property
    def embed(self) -> EmbedRelease:
        from edgeship.application.embeds.embed_release import EmbedRelease

        return EmbedRelease(self.state, self.site, self.published)

    @cached_property
    def follow_notification(self) -> FollowNotification:
        from edgeship.application.notifications.follow_notification import FollowNotification

        return FollowNotification(self._deliveries, utc_now, time.sleep)
