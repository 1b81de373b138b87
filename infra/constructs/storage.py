"""The buckets: inbox, site, config, previews where they are served, and the logs of the others and of the CDNs."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_s3 as s3
from constructs import Construct

from edgeship.domain.previews.preview_name import MAX_TTL
from edgeship.resource_names import ACCEPTED_PREFIX, INCOMING_PREFIX, REJECTED_DAYS, REJECTED_PREFIX, RETIRED_TAG
from infra.options import SynthOptions

INCOMING_DAYS = 7
"""An archive is copied to `accepted/` or `rejected/` within minutes; a week leaves time to check one that was not."""
NONCURRENT_DAYS = 30
"""How long an overwritten or deleted object can be brought back."""
PREVIEW_DAYS = MAX_TTL.days + 1
"""S3 counts from the upload, and deletes at the midnight after: nothing goes before its preview expires
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-expire-general-considerations.html)."""
EXPOSED_HEADERS = ("x-amz-meta-version", "ETag")


class Storage(Construct):
    """Private, encrypted, TLS-only buckets under the names that the code expects; all but the logs are versioned."""

    def __init__(self, scope: Construct, id: str, options: SynthOptions, removal: RemovalPolicy) -> None:
        super().__init__(scope, id)
        self._removal = removal
        names = options.names

        self.logs = self._bucket(
            "Logs",
            names.logs_bucket,
            [_expire("AccessLogs", options.access_log_retention_days)],
            # CloudFront's standard logging grants its log-delivery account access by ACL, so ACLs must be on
            # (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/standard-logging-legacy-s3.html).
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_PREFERRED,
        )
        # A log is written once and expires: versions would be paid for twice. The bucket of an earlier stack has some.
        logs_bucket = self.logs.node.default_child
        assert isinstance(logs_bucket, s3.CfnBucket)
        logs_bucket.versioning_configuration = s3.CfnBucket.VersioningConfigurationProperty(status="Suspended")
        Validations.of(self.logs).acknowledge(
            Acknowledgment(id="AwsSolutions-S1", reason="This bucket receives the access logs; logging it would loop.")
        )

        # A first deploy that fails deletes its buckets, and can't where there is an object: so none is logged yet.
        logs = None if options.first_deploy else self.logs
        self.inbox = self._bucket(
            "Inbox",
            names.inbox_bucket,
            [
                _expire("Incoming", INCOMING_DAYS, INCOMING_PREFIX),
                _expire("Accepted", options.accepted_retention_days, ACCEPTED_PREFIX),
                _expire("Rejected", REJECTED_DAYS, REJECTED_PREFIX),
            ],
            logs=logs,
        )
        # The bucket's own switch; the L2 property would add a custom resource with its Lambda function.
        inbox = self.inbox.node.default_child
        assert isinstance(inbox, s3.CfnBucket)
        inbox.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

        # No rule ever expires a release: it is served for as long as the stack lives. What expires is a copy under
        # latest that its release no longer has; nothing may tag any other object.
        self.site = self._bucket(
            "Site",
            names.site_bucket,
            [_expire("Retired", options.latest_copies_grace_days, tag=RETIRED_TAG)],
            logs=logs,
            cors=[_readable_anywhere()],
        )
        self.config = self._bucket("Config", names.config_bucket, [], logs=logs)
        self.previews: s3.Bucket | None = None
        if options.previews:
            # What nobody has reviewed lies apart from what is released, and goes again.
            self.previews = private_bucket(
                self,
                "Previews",
                names.previews_bucket,
                removal,
                [_expire("Previews", PREVIEW_DAYS)],
                logs=logs,
                cors=[_readable_anywhere()],
                noncurrent_days=1,
            )

    def _bucket(
        self,
        id: str,
        name: str,
        expirations: Sequence[s3.LifecycleRule],
        *,
        logs: s3.Bucket | None = None,
        object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        cors: list[s3.CorsRule] | None = None,
    ) -> s3.Bucket:
        return private_bucket(
            self, id, name, self._removal, expirations, logs=logs, object_ownership=object_ownership, cors=cors
        )


def private_bucket(
    scope: Construct,
    id: str,
    name: str,
    removal: RemovalPolicy,
    expirations: Sequence[s3.LifecycleRule] = (),
    *,
    logs: s3.Bucket | None = None,
    object_ownership: s3.ObjectOwnership = s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    cors: list[s3.CorsRule] | None = None,
    noncurrent_days: int = NONCURRENT_DAYS,
) -> s3.Bucket:
    """A private, encrypted, TLS-only, versioned bucket; `logs` receives its access logs."""
    housekeeping = s3.LifecycleRule(
        id="Housekeeping",
        abort_incomplete_multipart_upload_after=Duration.days(1),
        noncurrent_version_expiration=Duration.days(noncurrent_days),
        expired_object_delete_marker=True,
    )
    return s3.Bucket(
        scope,
        id,
        bucket_name=name,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        versioned=True,
        object_ownership=object_ownership,
        cors=cors,
        lifecycle_rules=[housekeeping, *expirations],
        server_access_logs_bucket=logs,
        server_access_logs_prefix=f"s3/{id.lower()}/" if logs else None,
        removal_policy=removal,
    )


def _readable_anywhere() -> s3.CorsRule:
    return s3.CorsRule(
        allowed_origins=["*"],
        allowed_methods=[s3.HttpMethods.GET, s3.HttpMethods.HEAD],
        exposed_headers=list(EXPOSED_HEADERS),
    )


def _expire(
    id: str,
    days: int,
    prefix: str | None = None,
    tag: tuple[str, str] | None = None,
) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        id=id, prefix=prefix, tag_filters={tag[0]: tag[1]} if tag else None, expiration=Duration.days(days)
    )
