"""Managed policies: for CI, which uploads; for the people on call; for who prunes old releases; and, where previews are
served, for pull requests."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from edgeship.adapters.dynamodb.keys import refused_pk, widget_pk
from edgeship.domain.previews.preview_name import FOLDER
from edgeship.resource_names import (
    ACCEPTED_PREFIX,
    COPIES_PREFIX,
    HEALTH_PREFIX,
    INCOMING_PREFIX,
    MAPS_PREFIX,
    REJECTED_PREFIX,
    SNAPSHOT_KEY,
    SURFACES_PREFIX,
)
from infra.constructs.cdn.router import Router
from infra.constructs.permissions import (
    ALARMS_OF_ANY_RELEASE,
    MOVING_MANIFESTS,
    RELEASE_FILES,
    allow,
    health_alarms,
    objects,
    parameter,
)
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable
from infra.options import SynthOptions


class Access(Construct):
    """None may write the site's objects: only the functions change what is public. Who has the third policy beside the
    second may delete them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        storage: Storage,
        table: StateTable,
        router: Router,
        queues: Sequence[sqs.IQueue],
        work: Sequence[sqs.IQueue],
    ) -> None:
        """`queues` are those of failures, and `work` those that their messages failed in."""
        super().__init__(scope, id)
        names = options.names
        incoming = objects(names.inbox_bucket, f"{INCOMING_PREFIX}*")

        self.uploader = iam.ManagedPolicy(
            self, "Uploader", description=f"edgeship {options.environment}: put archives into the inbox, and no more"
        )
        allow(
            self.uploader,
            ["s3:ListMultipartUploadParts", "s3:PutObject"],
            incoming,
            reason="An uploader chooses widget and version; the checks of the upload decide whether it is accepted.",
        )
        limits = parameter(options, options.names.upload_limits)
        allow(self.uploader, ["ssm:GetParameter"], limits)
        # For an interrupted upload to go on; the keys of unfinished uploads are all that it shows.
        allow(self.uploader, ["s3:ListBucketMultipartUploads"], storage.inbox.bucket_arn)

        self.operator = iam.ManagedPolicy(
            self, "Operator", description=f"edgeship {options.environment}: what the command line does"
        )
        allow(
            self.operator,
            [
                "dynamodb:BatchGetItem",
                "dynamodb:ConditionCheckItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:Query",
            ],
            table.table.table_arn,
        )
        allow(self.operator, ["dynamodb:Query"], table.watched_index_arn)
        allow(self.operator, ["cloudwatch:PutMetricAlarm"], health_alarms(options), reason=ALARMS_OF_ANY_RELEASE)
        allow(
            self.operator,
            ["s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
            incoming,
            reason="Publishing, and reading what is being published, under any widget and version.",
        )
        allow(
            self.operator,
            ["s3:GetObject"],
            objects(names.inbox_bucket, f"{ACCEPTED_PREFIX}*"),
            objects(names.inbox_bucket, f"{REJECTED_PREFIX}*"),
            objects(names.inbox_bucket, f"{MAPS_PREFIX}*"),
            objects(names.site_bucket, "*/v*/*"),
            objects(names.site_bucket, f"{COPIES_PREFIX}*"),
            objects(names.site_bucket, f"{HEALTH_PREFIX}*"),
            reason="Reading uploads that are kept, maps, manifests, latest copies and health pages, of any widget.",
        )
        self.pruner = iam.ManagedPolicy(
            self, "Pruner", description=f"edgeship {options.environment}: delete releases that nothing needs"
        )
        allow(
            self.pruner,
            ["s3:DeleteObject"],
            objects(names.site_bucket, RELEASE_FILES),
            objects(names.site_bucket, f"{HEALTH_PREFIX}*/v*"),
            objects(names.site_bucket, MOVING_MANIFESTS),
            *(objects(names.inbox_bucket, f"{prefix}*") for prefix in (MAPS_PREFIX, SURFACES_PREFIX)),
            reason="Releases of any widget and version; the buckets keep what is deleted for some days.",
        )
        url = parameter(options, options.names.preview_url)
        self.previewer = self._previewer(options, table, limits, url) if options.previews else None
        if options.previews:
            allow(self.uploader, ["ssm:GetParameter"], url)
        allow(self.operator, ["ssm:GetParameter"], limits, *([url] if options.previews else []))
        allow(self.operator, ["s3:ListBucketMultipartUploads"], storage.inbox.bucket_arn)
        # What the edge has, for `edgeship resolve`, `status` and the check of flags; the relay alone writes it.
        allow(self.operator, ["s3:GetObject"], objects(names.config_bucket, SNAPSHOT_KEY))
        store = router.store.key_value_store_arn
        allow(self.operator, ["cloudfront:DescribeKeyValueStore"], store)
        allow(
            self.operator, ["cloudfront-keyvaluestore:DescribeKeyValueStore", "cloudfront-keyvaluestore:GetKey"], store
        )
        # Without it, S3 answers 403 instead of 404 for a key that does not exist.
        allow(
            self.operator,
            ["s3:ListBucket"],
            storage.inbox.bucket_arn,
            storage.site.bucket_arn,
            storage.config.bucket_arn,
        )
        allow(
            self.operator,
            ["logs:FilterLogEvents"],
            *(
                f"arn:aws:logs:{Stack.of(self).region}:{options.account}:log-group:{group}:*"
                for group in names.log_groups.values()
            ),
            reason="The ARN of a log group in a policy ends so.",
        )
        # For the console: its charts, what ended in queues of failures, and a redrive of it.
        allow(
            self.operator,
            ["cloudwatch:GetMetricData", "sqs:ListQueues"],
            "*",
            reason="Charts, and the names of queues: neither action has a resource type.",
        )
        failed, worked = ([queue.queue_arn for queue in each] for each in (queues, work))
        allow(self.operator, ["sqs:GetQueueAttributes", "sqs:GetQueueUrl"], *failed, *worked)
        allow(self.operator, ["sqs:DeleteMessage", "sqs:ReceiveMessage"], *failed)
        allow(self.operator, ["sqs:SendMessage"], *worked)
        stack = Stack.of(self)
        allow(
            self.operator,
            ["cloudformation:DescribeStacks"],
            f"arn:aws:cloudformation:{stack.region}:{options.account}:stack/{names.stack}/*",
            reason="A stack's ARN ends in an id that it gets when it is created.",
        )

    def _previewer(self, options: SynthOptions, table: StateTable, limits: str, url: str) -> iam.ManagedPolicy:
        """Whatever a pull request runs with it, nothing is released: it puts previews alone, and reads what became of
        them."""
        previewer = iam.ManagedPolicy(
            self, "Previewer", description=f"edgeship {options.environment}: put previews into the inbox, and no more"
        )
        allow(
            previewer,
            ["s3:ListMultipartUploadParts", "s3:PutObject"],
            objects(options.names.inbox_bucket, f"{INCOMING_PREFIX}*/{FOLDER}/*"),
            reason="An uploader chooses widget and preview; the key of a release has no such segment.",
        )
        allow(previewer, ["ssm:GetParameter"], limits, url)
        for partitions in (widget_pk("*"), refused_pk("*")):
            allow(previewer, ["dynamodb:GetItem", "dynamodb:Query"], table.table.table_arn, partitions=partitions)
        return previewer
