"""`edgeship local up --state DIR`: what was there is there again, at the same addresses, and goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from edgeship.application.releases.publish_bundle import BundleFacts
from edgeship.bootstrap import operator
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from localcloud.lifecycle import AlreadyRunning
from tests.support.local_cloud.visitors import get, served

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]


def publish(cloud: LocalCloud, folder: Path, version: str) -> bytes:
    """Publish a version, and wait until it is live; its entrypoint."""
    body = f"console.log('{version}')".encode()
    (folder / "widget.js").write_bytes(body)
    tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
    published = tools.publish(folder, "kept", Version.parse(version), BundleFacts(), lambda _: None)
    tools.follow(published, timedelta(seconds=60), lambda _: None)
    return body


def test_a_second_start_goes_on_where_the_first_one_stopped(tmp_path: Path) -> None:
    kept, dist = tmp_path / "kept", tmp_path / "dist"
    dist.mkdir()
    with LocalCloud(state_path=None, kept=kept) as first:
        addresses = (first.endpoint_url, first.edge_url, first.second_cdn_url, first.preview_url)
        body = publish(first, dist, "1.0.0")
        served(first, "/kept/latest/widget.js", body)
        with pytest.raises(AlreadyRunning, match="another local cloud has its state"):
            LocalCloud(state_path=None, kept=kept).start()
    with LocalCloud(state_path=None, kept=kept) as second:
        assert (second.endpoint_url, second.edge_url, second.second_cdn_url, second.preview_url) == addresses
        served(second, "/kept/latest/widget.js", body)
        later = publish(second, dist, "1.1.0")
        tools = operator.build(second.names, second.session(), second.edge_url)
        rollout = tools.state.channel("kept", "latest").rollout
        assert rollout is not None
        assert str(rollout.candidate) == "1.1.0"
        assert get(second, "/kept/v1.1.0/widget.js")[2] == later
