"""Composes functions/artifact_upload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import boto3
from botocore.handlers import add_expect_header

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.adapters.s3.inbox import S3Inbox
from edgeship.adapters.s3.preview_files import S3PreviewFiles
from edgeship.adapters.s3.site import S3Site
from edgeship.adapters.s3.source_maps import S3SourceMaps
from edgeship.adapters.s3.surfaces import S3Surfaces
from edgeship.adapters.signing.verifying import verify
from edgeship.application.previews.accept_preview import AcceptPreview
from edgeship.application.previews.reject_failed_preview import RejectFailedPreview
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.reject_failed_upload import RejectFailedUpload
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.bootstrap.runtime import client_config, jittered_pause, transfer_config, utc_now
from edgeship.domain.releases.limits import Limits
from edgeship.settings import ArtifactUploadSettings


@dataclass(frozen=True)
class ArtifactUpload:
    """The use cases of the function, for releases and for previews: for an upload, and for one at which it failed."""

    accept: AcceptUpload
    reject_failed: RejectFailedUpload
    accept_preview: AcceptPreview
    reject_failed_preview: RejectFailedPreview


def build(env: Mapping[str, str]) -> ArtifactUpload:
    """The use cases, from the function's environment variables."""
    settings = ArtifactUploadSettings.from_env(env)
    s3 = boto3.client("s3", config=transfer_config(settings.upload_threads))
    # Else S3 is asked before each body whether it wants it: a second way there and back for every small file.
    s3.meta.events.unregister("before-call.s3", add_expect_header)
    limits = Limits(settings.max_files, settings.max_file_bytes, settings.max_total_bytes, settings.max_ratio)
    inbox = S3Inbox(s3, settings.inbox_bucket)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    reject = RejectUpload(inbox, state, settings.environment, utc_now)
    surfaces = S3Surfaces(s3, settings.inbox_bucket)
    site = S3Site(s3, settings.site_bucket, settings.upload_threads)
    check = CheckUpload(state, ScriptSurfaces(UPLOAD_BOUNDS), surfaces)
    inspect = InspectArchive(ArchiveReader(), JavaScriptParser(), limits)
    signatures = CheckSignature(state, verify, required=settings.require_signatures)
    previews = settings.previews_bucket
    accept = AcceptUpload(
        inbox=inbox,
        site=site,
        maps=S3SourceMaps(s3, settings.inbox_bucket),
        state=state,
        surfaces=surfaces,
        check=check,
        inspect=inspect,
        signatures=signatures,
        reject=reject,
        environment=settings.environment,
        clock=utc_now,
    )
    accept_preview = AcceptPreview(
        inbox=inbox,
        files=S3PreviewFiles(s3, previews, settings.upload_threads) if previews else None,
        site=site,
        state=state,
        inspect=inspect,
        comparison=check,
        signatures=signatures,
        reject=reject,
        environment=settings.environment,
        clock=utc_now,
        pause=jittered_pause,
    )
    return ArtifactUpload(
        accept,
        RejectFailedUpload(inbox, state, reject),
        accept_preview,
        RejectFailedPreview(inbox, state, reject),
    )
