"""What the policies for people allow, each for every widget or for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs

from edgeship.domain.deploying.quotas import LAMBDA_CONCURRENCY
from edgeship.resource_names import (
    ACCEPTED_PREFIX,
    INCOMING_PREFIX,
    MAPS_PREFIX,
    REJECTED_PREFIX,
    SNAPSHOT_KEY,
)
from infra.constructs.access.scope import DECIDING, Scope
from infra.constructs.cdn.router import Router
from infra.constructs.permissions import ALARMS_OF_ANY_RELEASE, alarms, allow, objects, parameter
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable

READS = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")


@dataclass(frozen=True)
class Resources:
    """What the policies are about, beside what has a name. `queues` are those of failures, and `work` those that their
    messages failed in."""

    storage: Storage
    table: StateTable
    router: Router
    queues: Sequence[sqs.IQueue]
    work: Sequence[sqs.IQueue]


def allow_uploading(policy: iam.ManagedPolicy, scope: Scope, resources: Resources) -> None:
    """Archives into the inbox, and what became of them. What lies in the inbox can't be read."""
    allow(
        policy,
        ["s3:ListMultipartUploadParts", "s3:PutObject"],
        scope.inbox(INCOMING_PREFIX),
        reason="An uploader chooses widget and version; the checks of the upload decide whether it is accepted.",
    )
    _read_parameters(policy, scope)
    # For an interrupted upload to go on; the keys of unfinished uploads are all that it shows.
    allow(policy, ["s3:ListBucketMultipartUploads"], resources.storage.inbox.bucket_arn)
    allow(policy, READS, resources.table.table.table_arn, partitions=scope.followed())
    allow(
        policy,
        ["s3:GetObject"],
        scope.health_pages(),
        reason="The numbers of a rollout, of any version; they are public.",
    )
    _read_outputs(policy, scope)


def allow_viewing(policy: iam.ManagedPolicy, scope: Scope, resources: Resources) -> None:
    """All that commands read but the edge's store: who reads that has the keys of tokens."""
    storage, table, names = resources.storage, resources.table, scope.options.names
    if scope.widget is None:
        allow(policy, READS, table.table.table_arn)
        allow(policy, ["dynamodb:Query"], table.watched_index_arn)
    else:
        allow(policy, READS, table.table.table_arn, partitions=scope.read())
        allow(policy, ["dynamodb:Query"], table.watched_index_arn, partitions=scope.read_in_index())
    allow(
        policy,
        ["s3:GetObject"],
        *(scope.inbox(prefix) for prefix in (ACCEPTED_PREFIX, REJECTED_PREFIX, MAPS_PREFIX)),
        *scope.published(),
        reason="Reading uploads that are kept, maps, manifests, latest copies and health pages, of any version.",
    )
    # What the edge's store is brought up to, for `edgeship resolve`, `status` and the check of flags.
    allow(policy, ["s3:GetObject"], objects(names.config_bucket, SNAPSHOT_KEY))
    # Without it, S3 answers 403 instead of 404 for a key that does not exist.
    allow(policy, ["s3:ListBucket"], storage.inbox.bucket_arn, storage.site.bucket_arn, storage.config.bucket_arn)
    stack = Stack.of(policy)
    allow(
        policy,
        ["logs:FilterLogEvents"],
        *(
            f"arn:aws:logs:{stack.region}:{scope.options.account}:log-group:{group}:*"
            for group in names.log_groups.values()
        ),
        reason="The ARN of a log group in a policy ends so.",
    )
    # For the console: its charts, and what ended in queues of failures.
    allow(policy, ["cloudwatch:GetMetricData"], "*", reason="The action has no resource type.")
    failed, worked = ([queue.queue_arn for queue in each] for each in (resources.queues, resources.work))
    allow(policy, ["sqs:GetQueueAttributes"], *failed, *worked)
    if scope.widget is None:
        allow(policy, ["sqs:ListQueues"], "*", reason="The action has no resource type.")
        allow(policy, ["sqs:GetQueueUrl"], *failed, *worked)
        allow(policy, ["sqs:ReceiveMessage"], *failed)
    _read_parameters(policy, scope)
    _read_outputs(policy, scope)
    if scope.widget is None:
        _diagnose(policy, scope)


def allow_operating(policy: iam.ManagedPolicy, scope: Scope, resources: Resources) -> None:
    """What the command line does. Who operates one widget writes its records alone: none that other widgets share."""
    allow_viewing(policy, scope, resources)
    table = resources.table.table.table_arn
    if scope.widget is None:
        allow(policy, ["dynamodb:ConditionCheckItem", "dynamodb:PutItem"], table)
        store = resources.router.store.key_value_store_arn
        allow(policy, ["cloudfront:DescribeKeyValueStore"], store)
        allow(policy, ["cloudfront-keyvaluestore:DescribeKeyValueStore", "cloudfront-keyvaluestore:GetKey"], store)
        # A redrive.
        allow(policy, ["sqs:DeleteMessage"], *(queue.queue_arn for queue in resources.queues))
        allow(policy, ["sqs:SendMessage"], *(queue.queue_arn for queue in resources.work))
    else:
        allow(policy, ["dynamodb:ConditionCheckItem"], table, partitions=(*scope.own(), *DECIDING))
        allow(policy, ["dynamodb:PutItem"], table, partitions=scope.own())
    allow(policy, ["cloudwatch:PutMetricAlarm"], *scope.health_alarms(), reason=ALARMS_OF_ANY_RELEASE)
    allow(
        policy,
        ["s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
        scope.inbox(INCOMING_PREFIX),
        reason="Publishing, and reading what is being published, under any version.",
    )
    allow(policy, ["s3:ListBucketMultipartUploads"], resources.storage.inbox.bucket_arn)


def _read_parameters(policy: iam.ManagedPolicy, scope: Scope) -> None:
    names = scope.options.names
    wanted = (names.upload_limits, *([names.preview_url] if scope.options.previews else []))
    allow(policy, ["ssm:GetParameter"], *(parameter(scope.options, name) for name in wanted))


def _read_outputs(policy: iam.ManagedPolicy, scope: Scope) -> None:
    """Where the CDN answers."""
    stack = Stack.of(policy)
    allow(
        policy,
        ["cloudformation:DescribeStacks"],
        f"arn:aws:cloudformation:{stack.region}:{scope.options.account}:stack/{scope.options.names.stack}/*",
        reason="A stack's ARN ends in an id that it gets when it is created.",
    )


def _diagnose(policy: iam.ManagedPolicy, scope: Scope) -> None:
    """What `edgeship doctor` reads besides."""
    options, region = scope.options, Stack.of(policy).region
    stack = f"arn:aws:cloudformation:{region}:{options.account}:stack/{options.names.stack}/*"
    allow(policy, ["cloudformation:ListStackResources"], stack, reason="As above.")
    for further in options.edge_regions:
        allow(
            policy,
            ["cloudformation:DescribeStacks"],
            f"arn:aws:cloudformation:{further}:{options.account}:stack/{options.names.edge_stack(further)}/*",
            reason="As above, of a further Region.",
        )
    allow(
        policy,
        ["cloudwatch:DescribeAlarms"],
        alarms(options, "*"),
        reason="DescribeAlarms is authorised on all alarms, whatever is asked for.",
    )
    allow(
        policy,
        ["cloudwatch:GetMetricData", "lambda:GetAccountSettings"],
        "*",
        reason="These actions have no resource.",
    )
    quota = f"arn:aws:servicequotas:{region}:{options.account}:lambda/{LAMBDA_CONCURRENCY}"
    allow(policy, ["servicequotas:GetServiceQuota"], quota)
