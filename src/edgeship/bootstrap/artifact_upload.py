"""Composes functions/artifact_upload."""

from __future__ import annotations

from collections.abc import Mapping

import boto3

from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.s3.inbox import S3Inbox
from edgeship.adapters.s3.site import S3Site
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.bootstrap.runtime import client_config, utc_now
from edgeship.domain.releases.bundle import Limits
from edgeship.settings import ArtifactUploadSettings


def build(env: Mapping[str, str]) -> AcceptUpload:
    """The use case, from the function's environment variables."""
    settings = ArtifactUploadSettings.from_env(env)
    s3 = boto3.client("s3", config=client_config(settings.upload_threads))
    limits = Limits(settings.max_files, settings.max_file_bytes, settings.max_total_bytes, settings.max_ratio)
    return AcceptUpload(
        inbox=S3Inbox(s3, settings.inbox_bucket),
        site=S3Site(s3, settings.site_bucket, settings.upload_threads),
        state=DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table),
        inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), limits),
        environment=settings.environment,
        clock=utc_now,
    )
