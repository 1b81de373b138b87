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
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable
from infra.options import SynthOptions

SUFFIX_OF_A_SECRET = "The ARN of a secret ends in six characters of Secrets Manager's choice."  # noqa: S105  a sentence


class Propagation(Construct):
    """propagation. Nothing waits for it: the edge serves a move without it."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002
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
                **({"root_widget": options.root_widget} if options.root_widget else {}),
                **_cloudflare(options),
            },
            # Trying busy CDNs and waiting for refreshes takes up to four minutes, verifying one.
            timeout=Duration.minutes(10),
            memory_mib=512,
        )
        self._permit(options, storage, table, cdn)
        self.function.on_event(
            "Moved",
            events.EventPattern(
                source=[SOURCE],
                detail_type=[EventType.POINTER_MOVED.value, EventType.DEPLOYMENT_REQUESTED.value],
            ),
            bus=bus.bus,
        )

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
