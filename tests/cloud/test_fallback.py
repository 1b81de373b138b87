"""The edge without a snapshot: an edge that starts then serves the copies of `latest`, and one that runs goes on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.edge.routing import Routes, SnapshotInvalid
from edgeship.local.cloud import LocalCloud
from edgeship.resource_names import SNAPSHOT_KEY
from localcloud.cloud import DISTRIBUTION
from localcloud.cloudfront.local_cloudfront import LocalCloudFront
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, bundle, eventually, fetch, get, put, served

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

WIDGET = "fallback"
ONE, TWO = (bundle(mark)["widget.js"] for mark in ("one", "two"))
LATEST, RANGE, LONE = (f"/{WIDGET}/{file}" for file in ("latest/widget.js", "~1/widget.js", "latest/lone.js"))
"""LONE lies among the copies alone: it is found where a path is not rewritten, and only there."""

Answers = dict[str, tuple[int, Message, bytes]]


@dataclass(frozen=True)
class Stored:
    """The snapshot in the config bucket, and whoever loses it."""

    s3: Any
    bucket: str

    def read(self) -> bytes | None:
        try:
            body: bytes = self.s3.get_object(Bucket=self.bucket, Key=SNAPSHOT_KEY)["Body"].read()
        except self.s3.exceptions.NoSuchKey:
            return None
        return body

    def write(self, body: bytes | None) -> None:
        if body is None:
            self.s3.delete_object(Bucket=self.bucket, Key=SNAPSHOT_KEY)
        else:
            self.s3.put_object(Bucket=self.bucket, Key=SNAPSHOT_KEY, Body=body)

    def routes(self) -> Routes | None:
        try:
            return Routes(json.loads(self.read() or b""))
        except (ValueError, SnapshotInvalid):
            return None


@pytest.fixture
def stored(cloud: LocalCloud) -> Iterator[Stored]:
    """As it was before, afterwards, if no relay has mended it: others use this cloud."""
    snapshot = Stored(cloud.session().client("s3"), cloud.names.config_bucket)
    before = snapshot.read()
    yield snapshot
    if snapshot.routes() is None:
        snapshot.write(before)


def fresh_edge(cloud: LocalCloud, log: Path) -> Answers:
    """What a CDN answers whose edge functions have just been started."""
    with LocalCloudFront(cloud.session(), cloud.stack.only(DISTRIBUTION), log=log) as cdn:
        return {path: fetch(cdn.url + path) for path in (LATEST, RANGE, LONE)}


def test_without_a_snapshot_latest_is_its_copies_until_the_next_move(
    cloud: LocalCloud, tools: Operator, stored: Stored, tmp_path: Path
) -> None:
    tools.policy(WIDGET, lambda policy: replace(policy, steps=(Step(100, 0),)), ann())
    put(cloud, tmp_path, WIDGET, "1.0.0", tar_gz(bundle("one")))
    verdict = eventually(lambda: tools.state.deployment(WIDGET, "latest").verification)
    assert verdict.verified, verdict.mismatches
    stored.s3.put_object(Bucket=cloud.names.site_bucket, Key=LONE[1:], Body=b"// a copy of nothing\n")
    good = stored.read()
    assert good is not None
    revision = Routes(json.loads(good)).revision
    losses = (None, b"garbage", json.dumps({**json.loads(good), "schema": 2}).encode())

    for lost in losses:

        def after_the_loss(lost: bytes | None = lost) -> Answers | None:
            stored.write(lost)
            answers = fresh_edge(cloud, tmp_path / "fresh.log")
            return answers if stored.read() == lost else None  # the relay of another widget's event has mended it

        answers = eventually(after_the_loss)
        status, headers, body = answers[LATEST]
        assert (status, body) == (200, ONE)
        assert headers["x-amz-meta-version"] == "1.0.0"
        assert headers["Cache-Control"] == "public, max-age=300, must-revalidate"
        assert answers[LONE][0] == 200
        assert answers[RANGE][0] == 404

    edge_log = cloud.logs / "edge.log"
    said = len(edge_log.read_text())

    def has_noticed() -> bool | None:
        stored.write(losses[-1])
        get(cloud, f"/nobody-{said}/latest/widget.js")  # what is unknown makes the edge look again
        return "schema is 2, not 1); revision" in edge_log.read_text()[said:] or None

    eventually(has_noticed)
    assert [get(cloud, path)[0] for path in (LATEST, RANGE, LONE)] == [200, 200, 404]
    assert get(cloud, RANGE)[2] == ONE

    stored.write(losses[-1])
    put(cloud, tmp_path, WIDGET, "1.1.0", tar_gz(bundle("two")))
    served(cloud, LATEST, TWO)
    mended = stored.routes()
    assert mended is not None
    assert mended.revision > revision
    assert json.loads(good)["widgets"].keys() <= json.loads(stored.read() or b"")["widgets"].keys()
    answers = fresh_edge(cloud, tmp_path / "fresh.log")
    assert [answers[path][0] for path in (LATEST, RANGE, LONE)] == [200, 200, 404]
    assert answers[LATEST][2] == answers[RANGE][2] == TWO
