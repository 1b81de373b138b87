"""The function that brings a channel's moves to the CDNs, and verifies them there."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from constructs import Construct

from edgeship.domain.events import SOURCE, EventType
from edgeship.resource_names import COPIES_PREFIX
from infra.constructs.bus import Bus
from infra.constructs.cdn.distribution import Cdn
from infra.constructs.functions import Build, RegionalFunction
from infra.constructs.permissions import MOVING_MANIFESTS, objects, secret
from infra.constructs.queues import FailureQueue, WorkQueue
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable
from infra.options import SynthOptions

TIMEOUT = Duration.minutes(10)
"""Trying busy CDNs and waiting for refreshes takes up to four minutes, verifying one."""
VISIBILITY = Duration.minutes(20)
"""A run that dies is repeated after it; one that fails says itself when, and much sooner."""
MAX_RECEIVES = 22
"""Two hours at least for a CDN that is down (see `backoff`)."""
SUFFIX_OF_A_SECRET = "The ARN of a secret ends in six characters of Secrets Manager's choice."  # noqa: S105  a sentence


class Propagation(Construct):
    """propagation, behind a queue: a burst of moves, of minutes each, takes no more than its share of the account's
    concurrency. Nothing waits for it: the edge serves a move without it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        build: Build,
        *,
        storage: Storage,
        table: StateTable,
        bus: Bus,
        cdn: Cdn,
    ) -> None:
        super().__init__(scope, id)
        options = build.options
        self.site_url = f"https://{options.domain_name or cdn.distribution.distribution_domain_name}"
        self.bus = bus.bus
        failures = FailureQueue(self, "Propagation-Failures")
        undelivered = FailureQueue(self, "Propagation-Undelivered")
        self.queue = WorkQueue(
            self, "Queue", visibility_timeout=VISIBILITY, failures=failures, max_receives=MAX_RECEIVES
        )
        self.rule = events.Rule(
            self,
            "Moved",
            event_bus=bus.bus,
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[EventType.POINTER_MOVED.value, EventType.DEPLOYMENT_REQUESTED.value],
            ),
            description="Moves wait for their propagation",
        )
        self.queue.take_from(self.rule, undelivered)
        self.function = RegionalFunction(
            self,
            "Propagation",
            "propagation",
            build,
            settings={
                "table": table.table.table_name,
                "site_bucket": storage.site.bucket_name,
                "distribution_id": cdn.distribution.distribution_id,
                "site_url": self.site_url,
                "pointer_max_age": str(options.pointer_max_age),
                "queue_url": self.queue.queue_url,
                **({"root_widget": options.root_widget} if options.root_widget else {}),
                **_cloudflare(options),
            },
            timeout=TIMEOUT,
            memory_mib=512,
        )
        self._permit(options, storage, table, cdn)
        # One move a run: a run may need all of its time for one.
        self.function.on_queue("Waiting", self.queue, failures=(failures, undelivered), batch_size=1)

    def _permit(self, options: SynthOptions, storage: Storage, table: StateTable, cdn: Cdn) -> None:
        allow, site = self.function.allow, options.names.site_bucket
        allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"],
            table.table.table_arn,
        )
        allow(
            ["s3:GetObject"],
            objects(site, "*/v*/*"),
            objects(site, f"{COPIES_PREFIX}*"),
            reason="Releases of any widget, and their latest copies.",
        )
        allow(
            # A retired copy is tagged; no other object may be tagged.
            ["s3:PutObject", "s3:PutObjectTagging"],
            objects(site, f"{COPIES_PREFIX}*"),
            reason="The latest copies, of any widget.",
        )
        allow(
            # A conditional write in the place of another document needs both
            # (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
            ["s3:GetObject", "s3:PutObject"],
            objects(site, MOVING_MANIFESTS),
            reason="The moving manifests, of any widget and version.",
        )
        allow(["s3:ListBucket"], storage.site.bucket_arn)
        allow(["sqs:ChangeMessageVisibility"], self.queue.queue_arn)
        allow(["cloudfront:CreateInvalidation", "cloudfront:GetInvalidation"], cdn.distribution.distribution_arn)
        if options.cloudflare_token:
            action, arn = secret(options, options.cloudflare_token)
            allow([action], arn, reason=SUFFIX_OF_A_SECRET if "*" in arn else None)


def _cloudflare(options: SynthOptions) -> dict[str, str]:
    given = {
        "cloudflare_zone": options.cloudflare_zone,
        "cloudflare_url": options.cloudflare_url,
        "cloudflare_token": options.cloudflare_token,
    }
    return {name: value for name, value in given.items() if value}
