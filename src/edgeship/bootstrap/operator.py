"""Composes what the command line can do, with the operator's own credentials."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import boto3

from edgeship.adapters.archives.artifact_bundle import artifact_bundle
from edgeship.adapters.cdn.named_store import NamedStore
from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.adapters.dynamodb.deliveries import DynamoDBDeliveries
from edgeship.adapters.dynamodb.error_books import DynamoDBErrorBooks
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.http.web import UrllibWeb
from edgeship.adapters.javascript.source_maps import SymbolicDecoder
from edgeship.adapters.s3.inbox import S3Dropbox
from edgeship.adapters.s3.release_files import S3ReleaseFiles
from edgeship.adapters.s3.release_objects import S3ReleaseObjects
from edgeship.adapters.s3.site import S3Site
from edgeship.adapters.s3.snapshots import S3SnapshotReader, S3Snapshots
from edgeship.adapters.s3.source_maps import S3PublishedFiles, S3SourceMaps
from edgeship.adapters.upload_limits import DeployedLimits
from edgeship.application.calendar.change_freeze import ChangeFreeze
from edgeship.application.channels.change_policy import ChangePolicy
from edgeship.application.channels.follow_upload import FollowUpload
from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.channels.roll_back import RollBack
from edgeship.application.channels.route_channel import RouteChannel
from edgeship.application.channels.start_rollout import StartRollout
from edgeship.application.channels.steer_rollout import SteerRollout
from edgeship.application.channels.unlock_channel import UnlockChannel
from edgeship.application.edge.check_flags import CheckFlags
from edgeship.application.edge.resolve_url import ResolveUrl
from edgeship.application.embeds.embed_release import EmbedRelease
from edgeship.application.flags.change_flags import ChangeFlags
from edgeship.application.notifications.change_rules import ChangeNotifications
from edgeship.application.notifications.follow_notification import FollowNotification
from edgeship.application.notifications.send_test_notification import SendTestNotification
from edgeship.application.previews.publish_preview_bundle import PublishPreviewBundle
from edgeship.application.previews.remove_preview import RemovePreview
from edgeship.application.propagation.request_deployment import RequestDeployment
from edgeship.application.provenance.change_identities import ChangeIdentities
from edgeship.application.provenance.read_sbom import ReadSbom
from edgeship.application.pruning.prune_releases import PruneReleases
from edgeship.application.releases.ports import PublishedFiles, Site, UploadLimits
from edgeship.application.releases.publish_bundle import PublishBundle
from edgeship.application.releases.unquarantine_release import UnquarantineRelease
from edgeship.application.requirements.change_environment import ChangeEnvironment
from edgeship.application.status.explain_errors import ExplainErrors
from edgeship.application.status.export_artifacts import ExportArtifacts
from edgeship.application.status.find_unserved import UnservedReleases
from edgeship.application.status.ports import EnvironmentState
from edgeship.application.status.read_edge import ReadEdge
from edgeship.application.status.read_status import ReadStatus
from edgeship.bootstrap import packing
from edgeship.bootstrap.runtime import client_config, jittered_pause, rescue_config, utc_now
from edgeship.resource_names import REGION, SNAPSHOT_KEY, ResourceNames


@dataclass(frozen=True)
class Operator:
    """The use cases of an operator in one environment."""

    state: EnvironmentState
    site: Site
    published: PublishedFiles
    status: ReadStatus
    resolve: ResolveUrl
    promote: PromoteRelease
    start_rollout: StartRollout
    steer_rollout: SteerRollout
    roll_back: RollBack
    policy: ChangePolicy
    freeze: ChangeFreeze
    environment: ChangeEnvironment
    prune: PruneReleases
    unserved: UnservedReleases
    identities: ChangeIdentities
    unlock: UnlockChannel
    unquarantine: UnquarantineRelease
    route: RouteChannel
    flags: ChangeFlags
    notifications: ChangeNotifications
    test_notification: SendTestNotification
    follow_notification: FollowNotification
    publish: PublishBundle
    upload_limits: UploadLimits
    follow: FollowUpload
    errors: ExplainErrors
    artifacts: ExportArtifacts
    sbom: ReadSbom
    embed: EmbedRelease
    request_deployment: RequestDeployment
    publish_preview: PublishPreviewBundle
    remove_preview: RemovePreview


def build(names: ResourceNames, session: boto3.Session, site_url: str | None) -> Operator:
    """The use cases; `site_url` is where the environment's CDN answers, if that is known."""
    s3 = session.client("s3", region_name=REGION, config=client_config())
    dynamodb = session.client("dynamodb", region_name=REGION, config=client_config())
    state = DynamoDBState(dynamodb, names.table)
    deliveries = DynamoDBDeliveries(dynamodb, names.table)
    alarms = CloudWatchAlarms(
        session.client("cloudwatch", region_name=REGION, config=client_config()), names.environment
    )
    files = S3ReleaseFiles(session.client("s3", region_name=REGION, config=rescue_config()), names.site_bucket)
    site = S3Site(s3, names.site_bucket, threads=1)
    published = S3PublishedFiles(s3, names.site_bucket)
    limits = DeployedLimits(session, REGION, names.upload_limits)
    store = NamedStore(session, client_config(), names.route_store)
    read_edge = ReadEdge(S3SnapshotReader(s3, names.config_bucket, SNAPSHOT_KEY), store)
    return Operator(
        state=state,
        site=site,
        published=published,
        status=ReadStatus(state, deliveries, utc_now, read_edge, names.environment),
        resolve=ResolveUrl(state, store, names.environment),
        promote=PromoteRelease(state, alarms, files, jittered_pause),
        start_rollout=StartRollout(state, alarms, files, jittered_pause),
        steer_rollout=SteerRollout(state, alarms, jittered_pause),
        policy=ChangePolicy(state, jittered_pause),
        roll_back=RollBack(state, files, jittered_pause),
        freeze=ChangeFreeze(state, jittered_pause),
        environment=ChangeEnvironment(state, jittered_pause),
        unserved=UnservedReleases(state),
        prune=PruneReleases(state, S3ReleaseObjects(s3, names.site_bucket, names.inbox_bucket), jittered_pause),
        identities=ChangeIdentities(state, jittered_pause),
        unlock=UnlockChannel(state, jittered_pause),
        unquarantine=UnquarantineRelease(state, jittered_pause),
        route=RouteChannel(state, state, jittered_pause),
        flags=ChangeFlags(state, CheckFlags(state, S3Snapshots(s3, names.config_bucket, SNAPSHOT_KEY)), jittered_pause),
        notifications=ChangeNotifications(state, jittered_pause),
        test_notification=SendTestNotification(state),
        follow_notification=FollowNotification(deliveries, utc_now, time.sleep),
        upload_limits=limits,
        publish=PublishBundle(
            packing=packing.build,
            limits=limits,
            dropbox=S3Dropbox(s3, names.inbox_bucket),
            state=state,
        ),
        follow=FollowUpload(
            state=state,
            web=UrllibWeb(site_url) if site_url else None,
            clock=utc_now,
            sleep=time.sleep,
        ),
        publish_preview=PublishPreviewBundle(
            packing=packing.build,
            limits=limits,
            dropbox=S3Dropbox(s3, names.inbox_bucket),
            state=state,
            new_name=lambda: uuid.uuid4().hex,
            clock=utc_now,
            sleep=time.sleep,
        ),
        remove_preview=RemovePreview(state, jittered_pause),
        request_deployment=RequestDeployment(state, jittered_pause),
        embed=EmbedRelease(state, site, S3PublishedFiles(s3, names.site_bucket)),
        artifacts=ExportArtifacts(site, published, S3SourceMaps(s3, names.inbox_bucket), artifact_bundle),
        sbom=ReadSbom(S3SourceMaps(s3, names.inbox_bucket)),
        errors=ExplainErrors(
            state=state,
            books=DynamoDBErrorBooks(dynamodb, names.table, utc_now),
            maps=S3SourceMaps(s3, names.inbox_bucket),
            files=published,
            decoder=SymbolicDecoder(),
            clock=utc_now,
        ),
    )
