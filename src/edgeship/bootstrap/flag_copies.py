"""Composes the use case that brings flags to every Region, for each function that calls it."""

from __future__ import annotations

import boto3
from botocore.config import Config

from edgeship.adapters.s3.flag_snapshots import S3FlagSnapshots
from edgeship.application.edge.refresh_flags import RefreshFlags
from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Report
from edgeship.bootstrap.runtime import client_config, jittered_pause, utc_now
from edgeship.resource_names import FLAGS_KEY, REGION
from edgeship.settings import FlagCopies

_COPY_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=1, read_timeout=3)
"""A Region that is down must not hold the relay up: what it misses is written a minute later."""


def refresh_flags(state: FlagState, config_bucket: str, copies: FlagCopies, report: Report) -> RefreshFlags:
    """`report` is told of copies that could not be written."""
    home = boto3.client("s3", config=client_config())
    return RefreshFlags(
        state=state,
        home=S3FlagSnapshots(home, REGION, config_bucket, FLAGS_KEY),
        copies=tuple(
            S3FlagSnapshots(boto3.client("s3", region_name=region, config=_COPY_CONFIG), region, bucket, FLAGS_KEY)
            for region, bucket in copies.items()
        ),
        clock=utc_now,
        pause=jittered_pause,
        report=report,
    )
