"""The whole, with real clients: the stock AWS CLI on one side, HTTP on the other."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from edgeship.adapters.cloudwatch.alarms import CloudWatchAlarms
from edgeship.adapters.dynamodb.state import DynamoDBState
from edgeship.application.channels.promote_release import PromoteRelease
from edgeship.application.transaction import Transaction
from edgeship.bootstrap.operator import Operator
from edgeship.bootstrap.runtime import jittered_pause
from edgeship.domain.channels.rollout import Step
from edgeship.domain.errors import Refused
from edgeship.domain.events import EventType
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.fakes.releases import FakeReleaseFiles
from tests.support.bundles import WIDGET, tar_gz
from tests.support.local_cloud.visitors import ann, answered, bundle, eventually, get, put, served
from tests.support.releases import a_release

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]


def test_from_the_aws_cli_to_curl(cloud: LocalCloud, tmp_path: Path) -> None:
    put(cloud, tmp_path, "shipped", "1.0.0", tar_gz(bundle("one")))
    served(cloud, "/shipped/latest/widget.js", bundle("one")["widget.js"])
    served(cloud, "/shipped/~1.0/widget.js", bundle("one")["widget.js"])
    exact = served(cloud, "/shipped/v1.0.0/widget.js", bundle("one")["widget.js"])
    assert exact["Cache-Control"] == "public, max-age=31536000, immutable"
    # A classic script beside a stylesheet: a script that inserts the exact one, and a redirect for the rest.
    _, moving, stub = answered(f"{cloud.edge_url}/shipped/latest/widget.js")
    assert len(stub) <= 600
    assert f'"{cloud.edge_url}/"'.encode() in stub
    assert b'"shipped/v1.0.0/widget.js"' in stub
    status, style, _ = answered(f"{cloud.edge_url}/shipped/~1.0/assets/style.css?a=1")
    assert (status, style["Location"]) == (302, "/shipped/v1.0.0/assets/style.css?a=1")
    assert moving["Cache-Control"] == style["Cache-Control"] == "public, max-age=300"
    for headers in (moving, exact):
        assert headers["Content-Type"] == "text/javascript; charset=utf-8"
    for headers in (moving, exact, style):
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert headers["Timing-Allow-Origin"] == "*"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["x-amz-meta-version"] == "1.0.0"
        assert "x-amz-meta-version" in headers["Access-Control-Expose-Headers"]
    assert get(cloud, "/shipped/v1.0.0/assets/style.css")[2] == WIDGET["assets/style.css"]
    assert get(cloud, "/shipped/v1.0.0/widget.js.map")[0] == 404
    status, unknown, body = get(cloud, "/shipped/~9/widget.js")
    assert (status, unknown["Cache-Control"]) == (404, "no-store")
    assert answered(f"{cloud.edge_url}/shipped/latest/nothing.js")[1]["Location"] == "/shipped/v1.0.0/nothing.js"
    assert b'"9"' in body
    assert get(cloud, "/nobody/latest/widget.js")[0] == 404


def test_what_waited_for_a_lock_goes_live_when_it_is_lifted(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    name = "unlocked"
    tools.policy(name, lambda policy: replace(policy, steps=(Step(100, 0),)), ann())
    for version in ("1.0.0", "1.1.0"):
        put(cloud, tmp_path, name, version, tar_gz(bundle(version)))
        served(cloud, f"/{name}/latest/widget.js", bundle(version)["widget.js"])
    tools.roll_back(name, "latest", None, ann())
    put(cloud, tmp_path, name, "1.1.1", tar_gz(bundle("1.1.1")))
    eventually(lambda: tools.state.release(name, Version.parse("1.1.1")))
    assert str(tools.state.channel(name, "latest").version) == "1.0.0"
    tools.unlock(name, "latest", ann())
    served(cloud, f"/{name}/latest/widget.js", bundle("1.1.1")["widget.js"])


def test_a_hostile_archive_ends_beside_its_reason(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    archive = tar_gz({"../evil.js": b"x"})
    put(cloud, tmp_path, "hostile", "1.0.0", archive)
    (rejection,) = eventually(lambda: tools.status("hostile").rejections or None if _known(tools, "hostile") else None)
    assert rejection.code == "path_unsafe"
    s3 = cloud.session().client("s3")
    kept = s3.get_object(Bucket=cloud.names.inbox_bucket, Key=rejection.archive)["Body"].read()
    assert kept == archive
    reason = s3.get_object(Bucket=cloud.names.inbox_bucket, Key=f"{rejection.archive}.reason.json")["Body"].read()
    assert json.loads(reason)["reason"] == rejection.reason
    assert get(cloud, "/hostile/latest/widget.js")[0] == 404


def _known(tools: Operator, widget: str) -> bool:
    try:
        tools.status(widget)
    except Refused:
        return False
    return True


def test_a_rollback_shows_and_the_history_tells(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    tools.policy("rolled", lambda policy: replace(policy, steps=(Step(100, 0),)), ann())
    for version in ("1.0.0", "1.1.0"):
        put(cloud, tmp_path, "rolled", version, tar_gz(bundle(version)))
        served(cloud, "/rolled/latest/widget.js", bundle(version)["widget.js"])
    tools.roll_back("rolled", "latest", None, ann())
    served(cloud, "/rolled/latest/widget.js", bundle("1.0.0")["widget.js"])
    served(cloud, "/rolled/~1/widget.js", bundle("1.0.0")["widget.js"])
    assert get(cloud, "/rolled/v1.1.0/widget.js")[2] == bundle("1.1.0")["widget.js"]
    moved = next(e for e in tools.state.events("rolled", 10) if e.type is EventType.POINTER_MOVED)
    assert (moved.actor, moved.cause) == ("local:ann", "it blinks")
    assert (moved.old or {})["version"] == "1.1.0"
    assert (moved.new or {})["version"] == "1.0.0"
    # The channel is locked: the next upload is registered and changes nothing.
    put(cloud, tmp_path, "rolled", "1.2.0", tar_gz(bundle("1.2.0")))
    served(cloud, "/rolled/v1.2.0/widget.js", bundle("1.2.0")["widget.js"])
    eventually(lambda: tools.status("rolled").widgets[0].waiting or None)
    assert "is locked" in tools.status("rolled").widgets[0].waiting[0].reason
    assert str(tools.state.channel("rolled", "latest").version) == "1.0.0"
    # A copy of the edge that was not asked before may be behind for seconds.
    served(cloud, "/rolled/latest/widget.js", bundle("1.0.0")["widget.js"])


@pytest.mark.nightly
def test_fifty_promotions_at_once_leave_a_linear_history(cloud: LocalCloud) -> None:
    versions = [Version(1, 0, patch) for patch in range(50)]
    state = DynamoDBState(cloud.session().client("dynamodb"), cloud.names.table)
    for version in versions:
        release = a_release(str(version))
        crowd = type(release)(**{**release.__dict__, "widget": "crowd", "revision": 0})
        state.commit(Transaction(puts=(crowd,), events=(), registers=crowd))

    def promote(version: Version) -> None:
        mine = DynamoDBState(cloud.session().client("dynamodb"), cloud.names.table)
        alarms = CloudWatchAlarms(cloud.session().client("cloudwatch"), cloud.names.environment)
        PromoteRelease(mine, alarms, FakeReleaseFiles(), jittered_pause)("crowd", version, "latest", ann())

    with ThreadPoolExecutor(50) as pool:
        list(pool.map(promote, versions))
    moves = sorted(
        (e.new or {} for e in state.events("crowd", 200) if e.type is EventType.POINTER_MOVED),
        key=lambda new: new["sequence"],
    )
    olds = {(e.new or {})["sequence"]: (e.old or {})["version"] for e in state.events("crowd", 200)}
    assert [move["sequence"] for move in moves] == list(range(1, 51))
    assert {move["version"] for move in moves} == {str(version) for version in versions}
    for before, after in pairwise(moves):
        assert olds[after["sequence"]] == before["version"]
    assert str(state.channel("crowd", "latest").version) == moves[-1]["version"]
