"""The two functions for rollouts: the minute tick, and the reaction to a release's alarm."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from edgeship.domain.events import SOURCE, EventType
from edgeship.resource_names import HEALTH_LIST_KEY, HEALTH_PREFIX, SNAPSHOT_KEY, WITNESS_PREFIX
from infra.constructs.bus import Bus
from infra.constructs.functions import TIME_ZONES, Build, RegionalFunction
from infra.constructs.page_views import PageViews
from infra.constructs.permissions import ALARMS_OF_ANY_RELEASE, RELEASE_FILES, alarms, health_alarms, objects
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable
from infra.options import TICKS_AT_A_TIME

TARGETS_OF_ROLLBACKS = "Whether a rollback's target has its manifest and its entrypoint, of any widget and version."
NO_RESOURCE_TYPE = (
    "The action has no resource type "
    "(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html)."
)


class Rollouts(Construct):
    """rollout and rollback. Each can roll a bad release back without the other."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        build: Build,
        *,
        storage: Storage,
        table: StateTable,
        bus: Bus,
        views: PageViews,
    ) -> None:
        super().__init__(scope, id)
        self._build = build
        self.rollout = self._rollout(storage, table, views)
        self.rollback = self._rollback(storage, table, bus, views)
        for function in self.functions:
            function.allow(["dynamodb:GetItem"], views.table.table_arn, partitions=f"{WITNESS_PREFIX}*")

    @property
    def functions(self) -> tuple[RegionalFunction, ...]:
        return (self.rollout, self.rollback)

    def _rollout(self, storage: Storage, table: StateTable, views: PageViews) -> RegionalFunction:
        options = self._build.options
        function = RegionalFunction(
            self,
            "Rollout",
            "rollout",
            self._build,
            settings={
                "table": table.table.table_name,
                "views_table": views.table.table_name,
                "site_bucket": storage.site.bucket_name,
                "config_bucket": storage.config.bucket_name,
            },
            timeout=Duration.minutes(1),
            memory_mib=512,
            concurrency=TICKS_AT_A_TIME if options.rescue_concurrency else None,
            also=TIME_ZONES,
        )
        function.allow(["dynamodb:Query"], table.table.table_arn, table.watched_index_arn)
        function.allow(
            ["dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem"],
            table.table.table_arn,
        )
        function.allow(
            ["cloudwatch:DeleteAlarms", "cloudwatch:PutMetricAlarm"],
            health_alarms(options),
            reason=ALARMS_OF_ANY_RELEASE,
        )
        function.allow(
            ["cloudwatch:DescribeAlarms"],
            alarms(options, "*"),
            reason="Listing alarms by a prefix is authorised on all alarms of the account, not on the listed ones.",
        )
        function.allow(["cloudwatch:GetMetricData"], "*", reason=NO_RESOURCE_TYPE)
        function.allow(
            ["s3:GetObject", "s3:PutObject"],
            objects(options.names.site_bucket, f"{HEALTH_PREFIX}*"),
            reason="The health pages of any widget and version, and nothing else that the CDN serves.",
        )
        function.allow(["s3:GetObject", "s3:PutObject"], objects(options.names.config_bucket, HEALTH_LIST_KEY))
        function.allow(["s3:GetObject"], objects(options.names.config_bucket, SNAPSHOT_KEY))
        function.allow(["s3:GetObject"], objects(options.names.site_bucket, RELEASE_FILES), reason=TARGETS_OF_ROLLBACKS)
        # The first page and the first list are read before they exist, and so are files that are gone.
        function.allow(["s3:ListBucket"], storage.site.bucket_arn, storage.config.bucket_arn)
        function.on_schedule("EveryMinute", events.Schedule.rate(Duration.minutes(1)))
        return function

    def _rollback(self, storage: Storage, table: StateTable, bus: Bus, views: PageViews) -> RegionalFunction:
        function = RegionalFunction(
            self,
            "Rollback",
            "rollback",
            self._build,
            settings={
                "table": table.table.table_name,
                "views_table": views.table.table_name,
                "site_bucket": storage.site.bucket_name,
            },
            timeout=Duration.seconds(30),
            # CPU grows with memory, and makes a cold start faster; nearly every run is one.
            memory_mib=1024,
            concurrency=self._build.options.rescue_concurrency or None,
        )
        function.allow(
            ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            table.table.table_arn,
        )
        site = self._build.options.names.site_bucket
        function.allow(["s3:GetObject"], objects(site, RELEASE_FILES), reason=TARGETS_OF_ROLLBACKS)
        # Without it, S3 answers 403 instead of 404 for a file that is gone.
        function.allow(["s3:ListBucket"], storage.site.bucket_arn)
        function.allow(["cloudwatch:GetMetricData"], "*", reason=NO_RESOURCE_TYPE)
        # Alarms change state on the account's default bus
        # (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html).
        function.on_event(
            "Alarm",
            events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={
                    "alarmName": [{"prefix": self._build.options.names.health_alarm_prefix}],
                    "state": {"value": ["ALARM"]},
                },
            ),
        )
        function.on_event(
            "FailedDeployment",
            events.EventPattern(source=[SOURCE], detail_type=[EventType.DEPLOYMENT_FAILED.value]),
            bus=bus.bus,
        )
        return function
