"""Composes what the command line looks at the CDNs with."""

from __future__ import annotations

import time
from collections.abc import Mapping

import boto3

from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.http.web import UrllibWeb
from edgeship.adapters.s3.latest_copies import S3LatestCopies
from edgeship.adapters.s3.site import S3Site
from edgeship.application.propagation.verify_deployment import VerifyDeployment
from edgeship.bootstrap.runtime import operator_config, utc_now
from edgeship.resource_names import REGION, ResourceNames


def build(names: ResourceNames, session: boto3.Session, urls: Mapping[str, str]) -> VerifyDeployment:
    """The use case; `urls` is where each CDN answers, by its name. Nothing is written by it."""
    s3 = session.client("s3", region_name=REGION, config=operator_config())
    state = DynamoDBState(session.client("dynamodb", region_name=REGION, config=operator_config()), names.table)
    return VerifyDeployment(
        state=state,
        site=S3Site(s3, names.site_bucket, threads=1),
        copies=S3LatestCopies(s3, names.site_bucket, max_age=0, threads=1),
        webs={name: UrllibWeb(url) for name, url in urls.items()},
        clock=utc_now,
        sleep=time.sleep,
    )
