"""Previews: published, published again, ended by their time or by an operator, and brought to their store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from edgeship.domain.errors import Refused
from tests.support.bundles import WIDGET, tar_gz
from tests.support.crash.death import process
from tests.support.crash.scenes.actors import ANN, NOW, accept_preview, expire_previews, relayed, tools
from tests.support.crash.search import Scene
from tests.support.moto.aws import Aws

KEY = "incoming/checkout/previews/pr-1/86400/first.tar.gz"
OVER = NOW + timedelta(hours=25)


def published(aws: Aws) -> Callable[[], None]:
    event = aws.upload_event(KEY, tar_gz(WIDGET))
    return lambda: accept_preview(aws, event)


def refused(aws: Aws) -> Callable[[], None]:
    event = aws.upload_event(KEY, tar_gz({"../evil.js": b"x"}))
    return lambda: accept_preview(aws, event)


def expired(aws: Aws) -> Callable[[], None]:
    published(aws)()
    return lambda: expire_previews(aws, OVER)


def removed(aws: Aws) -> Callable[[], None]:
    published(aws)()

    def deliver() -> None:
        try:
            tools().remove_preview("checkout", "pr-1", ANN)
        except Refused as refused:
            if refused.code != "preview_missing":
                raise

    return deliver


def relay_of_previews(aws: Aws) -> Callable[[], None]:
    with process():
        published(aws)()
    event = aws.stream_event()

    def deliver() -> None:
        relayed(aws, event, previews=True)

    return deliver


SCENES: dict[str, Scene] = {
    "preview published": published,
    "preview refused": refused,
    "preview expired": expired,
    "preview removed by an operator": removed,
    "relay of previews": relay_of_previews,
}
