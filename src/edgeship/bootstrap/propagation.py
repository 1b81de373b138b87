"""Composes functions/propagation, and what the command line verifies with."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import boto3

from edgeship.adapters.cdn.cloudflare import Cloudflare
from edgeship.adapters.cdn.cloudfront import CloudFront
from edgeship.adapters.cloudwatch.emf_path_counts import EmfPathCounts
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.adapters.http.https_post import HttpsPost
from edgeship.adapters.http.web import UrllibWeb
from edgeship.adapters.messaging.sqs_put_off import SqsPutOff
from edgeship.adapters.s3.latest_copies import S3LatestCopies
from edgeship.adapters.s3.moving_manifests import S3MovingManifests
from edgeship.adapters.s3.site import S3Site
from edgeship.adapters.secrets import Secrets
from edgeship.application.ports import Web
from edgeship.application.propagation.copy_latest import CopyLatest
from edgeship.application.propagation.propagate_move import PropagateMove
from edgeship.application.propagation.publish_manifests import PublishManifests
from edgeship.application.propagation.refresh_cdns import Cached, RefreshCdns
from edgeship.application.propagation.verify_deployment import VerifyDeployment
from edgeship.bootstrap.runtime import client_config, jittered_pause, transfer_config, utc_now
from edgeship.resource_names import LOCAL
from edgeship.settings import PropagationSettings


@dataclass(frozen=True)
class PropagationFunction:
    """What functions/propagation calls: for a move, and to let a message of its queue come again later."""

    propagate: PropagateMove
    put_off: SqsPutOff


def build(env: Mapping[str, str]) -> PropagationFunction:
    """The use case, from the function's environment variables."""
    settings = PropagationSettings.from_env(env)
    state = DynamoDBState(boto3.client("dynamodb", config=client_config()), settings.table)
    s3 = boto3.client("s3", config=transfer_config(settings.copy_threads))
    site = S3Site(s3, settings.site_bucket, threads=1)
    copies = S3LatestCopies(s3, settings.site_bucket, settings.pointer_max_age, settings.copy_threads)
    cloudfront = CloudFront(boto3.client("cloudfront", config=client_config()), settings.distribution_id)
    cdns = [Cached(cloudfront, by_path=False)]
    webs: dict[str, Web] = {cloudfront.name: UrllibWeb(settings.site_url)}
    if settings.cloudflare_url is not None:
        cdns.append(Cached(_cloudflare(settings), by_path=True))
        webs[Cloudflare.name] = UrllibWeb(settings.cloudflare_url)
    propagate = PropagateMove(
        state=state,
        copies=copies,
        copy_latest=CopyLatest(state, site, copies),
        publish_manifests=PublishManifests(
            state, S3MovingManifests(s3, settings.site_bucket), settings.environment, settings.site_url, jittered_pause
        ),
        refresh=RefreshCdns(
            state=state,
            cdns=cdns,
            counts=EmfPathCounts(settings.environment),
            root_widget=settings.root_widget,
            store_settle_seconds=settings.store_settle_seconds,
            clock=utc_now,
            sleep=time.sleep,
            pause=jittered_pause,
        ),
        verify=VerifyDeployment(state, site, copies, webs, utc_now, time.sleep, settings.pointer_max_age),
        clock=utc_now,
        pause=jittered_pause,
    )
    return PropagationFunction(propagate, SqsPutOff(boto3.client("sqs", config=client_config()), settings.queue_url))


def _cloudflare(settings: PropagationSettings) -> Cloudflare:
    zone, url, token = settings.cloudflare_zone, settings.cloudflare_url, settings.cloudflare_token
    assert zone is not None  # the settings see to it that all three are there
    assert url is not None
    assert token is not None
    secrets = Secrets(
        boto3.client("ssm", config=client_config()), boto3.client("secretsmanager", config=client_config())
    )
    post = HttpsPost(loopback=settings.environment == LOCAL)
    return Cloudflare(post, zone, url, lambda: secrets.read(token), settings.cloudflare_api)
