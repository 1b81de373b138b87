"""The three functions between the inbox and the edge: what starts each, and what each may touch."""

from __future__ import annotations

import json
import math

from aws_cdk import CustomResource, Duration, RemovalPolicy, Size
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from edgeship.domain.events import SOURCE, EventType
from edgeship.domain.releases.limits import MIB, Limits
from edgeship.resource_names import (
    ACCEPTED_PREFIX,
    FLAGS_KEY,
    INCOMING_PREFIX,
    MAPS_PREFIX,
    OUTBOX_SORT_KEY,
    REJECTED_PREFIX,
    SNAPSHOT_KEY,
    SURFACES_PREFIX,
)
from edgeship.settings import format_copies
from infra.constructs.bus import Bus
from infra.constructs.cdn.preview import PreviewCdn
from infra.constructs.cdn.router import Router
from infra.constructs.functions import TIME_ZONES, Build, RegionalFunction
from infra.constructs.page_views import PageViews
from infra.constructs.permissions import ALARMS_OF_ANY_RELEASE, PREVIEW_FILES, RELEASE_FILES, health_alarms, objects
from infra.constructs.queues import FailureQueue, WorkQueue
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable

FULL_VCPU_MIB = 1769
"""At this much memory a function has one whole vCPU
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html): unpacking and hashing are CPU work."""


STORE_ACTIONS = ("DescribeKeyValueStore", "GetKey", "ListKeys", "UpdateKeys")
"""Of the KeyValueStore: the relay alone may write it."""
LEAST_STORAGE_MIB = 512
"""That Lambda gives: https://docs.aws.amazon.com/lambda/latest/dg/configuration-ephemeral-storage.html."""
BLOCK_BYTES = 4096
"""Of the disk: each file fills its last block in part."""
RELAY_TIMEOUT = Duration.minutes(5)
"""A rebuild for 10,000 widgets: some 20 s of reads with one vCPU (`python -m tests.bench rebuild`), and 205 updates of
the edge's store, one after the other."""
FILL_TIMEOUT = Duration.minutes(10)
"""The relay's own, twice: without one, a deploy would wait an hour for a function that died."""


def upload_timeout(limits: Limits) -> Duration:
    """Five minutes up to 500 MiB, of which hostile scripts may take nearly three of CPU; then a minute for each 500 MiB
    more. The most, 12 minutes, is less than a claim's age (`domain/releases/claim.py`) and Lambda's 15."""
    return Duration.minutes(4 + math.ceil(limits.total_bytes / (500 * MIB)))


def upload_storage(limits: Limits) -> Size:
    """One bundle lies on the disk at a time: the archive, the files that it unpacks to, and their manifest."""
    needed = limits.archive_bytes + limits.total_bytes + limits.declaration_bytes + 2 * BLOCK_BYTES * limits.files
    return Size.mebibytes(max(LEAST_STORAGE_MIB, math.ceil(needed / MIB)))


class Pipeline(Construct):
    """artifact_upload, promotion and relay. `filled` is there when the edge's store holds what the table says; None
    in a first deploy, which must leave no object in the config bucket if it fails later."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        build: Build,
        *,
        storage: Storage,
        table: StateTable,
        bus: Bus,
        router: Router,
        views: PageViews,
        previews: PreviewCdn | None,
    ) -> None:
        super().__init__(scope, id)
        self._build = build
        self._previews = previews
        self.artifact_upload = self._artifact_upload(storage, table)
        self.upload_limits = self._upload_limits()
        self.promotion = self._promotion(storage, table, bus)
        self.relay = self._relay(storage, table, bus, router, views)
        self.filled = None if build.options.first_deploy else self._filled(router)

    @property
    def functions(self) -> tuple[RegionalFunction, ...]:
        return (self.artifact_upload, self.promotion, self.relay)

    def _artifact_upload(self, storage: Storage, table: StateTable) -> RegionalFunction:
        names, limits = self._build.options.names, self._build.options.upload_limits.limits
        function = RegionalFunction(
            self,
            "ArtifactUpload",
            "artifact_upload",
            self._build,
            settings={
                "table": table.table.table_name,
                "inbox_bucket": storage.inbox.bucket_name,
                "site_bucket": storage.site.bucket_name,
                "max_files": str(limits.files),
                "max_file_bytes": str(limits.file_bytes),
                "max_total_bytes": str(limits.total_bytes),
                "max_ratio": str(limits.ratio),
                "require_signatures": str(self._build.options.require_signatures).lower(),
                **({"previews_bucket": self._previews.bucket.bucket_name} if self._previews else {}),
            },
            timeout=upload_timeout(limits),
            memory_mib=FULL_VCPU_MIB,
            storage=upload_storage(limits),
        )
        inbox, site = names.inbox_bucket, names.site_bucket
        function.allow(
            ["s3:GetObject", "s3:GetObjectVersion"],
            objects(inbox, f"{INCOMING_PREFIX}*"),
            reason="An uploader chooses widget and version, and so the key.",
        )
        function.allow(
            # An archive over 5 GB is copied in parts, and a copy that fails half-way is aborted.
            ["s3:PutObject", "s3:AbortMultipartUpload"],
            *(objects(inbox, f"{prefix}*") for prefix in (ACCEPTED_PREFIX, REJECTED_PREFIX)),
            reason="The archive keeps its own key under accepted/ or rejected/.",
        )
        function.allow(
            ["s3:PutObject"],
            objects(inbox, f"{MAPS_PREFIX}*"),
            reason="Source maps of any widget and version, beside which the CDN has nothing to read.",
        )
        function.allow(
            ["s3:GetObject", "s3:PutObject"],
            objects(inbox, f"{SURFACES_PREFIX}*"),
            reason="The public surface of a release, which later ones of any widget are compared with.",
        )
        function.allow(
            ["s3:GetObject", "s3:PutObject"],
            objects(site, RELEASE_FILES),
            reason="Release folders of any widget and version, and any file in them.",
        )
        if self._previews is not None:
            function.allow(
                ["s3:PutObject"],
                objects(names.previews_bucket, PREVIEW_FILES),
                reason="Previews of any widget and name, and any file in them.",
            )
        # Without it S3 answers 403, not 404, for a key that is not there
        # (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html).
        function.allow(["s3:ListBucket"], storage.inbox.bucket_arn, storage.site.bucket_arn)
        function.allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], table.table.table_arn)
        failures = FailureQueue(function, "Failures")
        twice = Duration.seconds(2 * upload_timeout(limits).to_seconds())
        self.failed_uploads = WorkQueue(function, "FailedQueue", visibility_timeout=twice, failures=failures)
        # An upload that kills the function is refused by the next run, which does not read it.
        function.on_queue("FailedUploads", self.failed_uploads, failures=[failures])
        function.on_event(
            "Uploaded",
            events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [storage.inbox.bucket_name]},
                    "object": {"key": [{"prefix": INCOMING_PREFIX}]},
                },
            ),
            failed=self.failed_uploads,
        )
        return function

    def _upload_limits(self) -> ssm.StringParameter:
        """What the function allows, for the command line, which checks before it uploads."""
        options = self._build.options
        parameter = ssm.StringParameter(
            self,
            "UploadLimits",
            parameter_name=options.names.upload_limits,
            description=f"edgeship {options.environment}: what an upload may hold, in bytes",
            string_value=json.dumps(options.upload_limits.limits.to_dict()),
        )
        # Limits that are raised are announced when the function has them.
        parameter.node.add_dependency(self.artifact_upload.function)
        return parameter

    def _promotion(self, storage: Storage, table: StateTable, bus: Bus) -> RegionalFunction:
        function = RegionalFunction(
            self,
            "Promotion",
            "promotion",
            self._build,
            settings={"table": table.table.table_name, "site_bucket": storage.site.bucket_name},
            timeout=Duration.seconds(30),
            memory_mib=512,
            also=TIME_ZONES,
        )
        function.allow(
            ["dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            table.table.table_arn,
        )
        function.allow(["cloudwatch:PutMetricAlarm"], health_alarms(self._build.options), reason=ALARMS_OF_ANY_RELEASE)
        function.allow(
            ["s3:GetObject"],
            objects(self._build.options.names.site_bucket, RELEASE_FILES),
            reason="Whether a release has its manifest and its entrypoint, of any widget and version.",
        )
        # Without it, S3 answers 403 instead of 404 for a file that is gone.
        function.allow(["s3:ListBucket"], storage.site.bucket_arn)
        function.on_event(
            "Judged",
            events.EventPattern(
                source=[SOURCE],
                detail_type=[
                    kind.value
                    for kind in (
                        EventType.RELEASE_REGISTERED,
                        EventType.ROLLOUT_COMPLETED,
                        EventType.ROLLOUT_CANCELLED,
                        EventType.CHANNEL_UNLOCKED,
                    )
                ],
            ),
            bus=bus.bus,
        )
        return function

    def _relay(
        self, storage: Storage, table: StateTable, bus: Bus, router: Router, views: PageViews
    ) -> RegionalFunction:
        poison = FailureQueue(self, "Poison")
        options = self._build.options
        function = RegionalFunction(
            self,
            "Relay",
            "relay",
            self._build,
            settings={
                "table": table.table.table_name,
                "bus": bus.bus.event_bus_name,
                "config_bucket": storage.config.bucket_name,
                "poison_queue_url": poison.queue_url,
                "store_arn": router.store.key_value_store_arn,
                "token_secret": options.names.token_secret,
                **({"preview_store_arn": self._previews.store.key_value_store_arn} if self._previews else {}),
                **({"edge_copies": format_copies(options.flag_copies)} if options.flag_copies else {}),
            },
            timeout=RELAY_TIMEOUT,
            memory_mib=FULL_VCPU_MIB,
            concurrency=options.rescue_concurrency or None,
        )
        function.allow(["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"], table.table.table_arn)
        if self._previews is not None:
            # Each minute it compares every preview that has not ended.
            function.allow(["dynamodb:Query"], table.watched_index_arn)
        stores = [router.store, *([self._previews.store] if self._previews else [])]
        function.allow(
            [f"cloudfront-keyvaluestore:{action}" for action in STORE_ACTIONS],
            *(store.key_value_store_arn for store in stores),
        )
        config, copies = options.names.config_bucket, options.flag_copies.values()
        function.allow(
            ["s3:GetObject", "s3:PutObject"],
            objects(config, SNAPSHOT_KEY),
            *(objects(bucket, FLAGS_KEY) for bucket in (config, *copies)),
        )
        # The copies' buckets are in other Regions, and so in other stacks: their names say enough.
        function.allow(["s3:ListBucket"], storage.config.bucket_arn, *(f"arn:aws:s3:::{bucket}" for bucket in copies))
        function.allow(["secretsmanager:GetSecretValue"], views.secret.secret_arn)
        function.allow(["events:PutEvents"], bus.bus.event_bus_arn)
        function.allow(["sqs:SendMessage"], poison.queue_arn)
        function.on_stream(
            "Outbox",
            table.stream_arn,
            {
                "eventName": lambda_.FilterRule.is_equal("INSERT"),
                "dynamodb": {"Keys": {"sk": {"S": lambda_.FilterRule.begins_with(OUTBOX_SORT_KEY)}}},
            },
            failures=poison,
        )
        # It writes into the config bucket, and a bucket with objects can't be deleted when a first deploy fails.
        enabled = not options.first_deploy
        function.on_schedule("EveryMinute", events.Schedule.rate(Duration.minutes(1)), enabled=enabled)
        return function

    def _filled(self, router: Router) -> CustomResource:
        filled = CustomResource(
            self,
            "Filled",
            service_token=self.relay.function.function_arn,
            resource_type="Custom::FilledRouteStore",
            # Also when the relay writes what its earlier code did not.
            properties={"Code": self.relay.code_digest},
            service_timeout=FILL_TIMEOUT,
            # Nothing is behind it: the relay need not be asked when it goes.
            removal_policy=RemovalPolicy.RETAIN,
        )
        # With its role's policies.
        filled.node.add_dependency(self.relay)
        # Who reads a new form of the store's values is there before who writes it.
        self.relay.node.add_dependency(router.route)
        return filled
