"""examples/loader on the local cloud: a page follows a promotion and a rollback, and has its fallback."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.browser.chromium import chromium
from tests.browser.loader.test_loader import ASK, LOADER
from tests.browser.sites import Answer, Site
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, put, served
from tests.support.pytest_plugins.tools import CHROMIUM

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

PATH = "/loaded/latest/widget.js"
GONE = {"channel": "gone"}


def release(version: str) -> bytes:
    return f"export const version = '{version}';".encode()


def loads(folder: Path, cloud: LocalCloud, *calls: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a page gets in a browser that has no cache of an earlier visit."""
    CHROMIUM.require()
    with chromium(folder) as browser, Site.running() as site:
        site.answers["/loader.js"] = Answer(LOADER, "text/javascript")
        site.answers["/"] = Answer(b"<!doctype html><title>A shop</title>", "text/html; charset=utf-8")
        browser.get(site.url)
        wanted = [{"cdn": cloud.edge_url, "widget": "loaded", **call} for call in calls]
        found: list[dict[str, Any]] = browser.execute_async_script(ASK, wanted)
        return found


def test_a_page_follows_its_channel_and_has_a_fallback(cloud: LocalCloud, tools: Operator, tmp_path: Path) -> None:
    put(cloud, tmp_path, "loaded", "1.0.0", tar_gz({"widget.js": release("1.0.0")}))
    served(cloud, PATH, release("1.0.0"))
    fallback = f"{cloud.edge_url}/loaded/v1.0.0/widget.js"
    latest, exact, gone = loads(tmp_path / "before", cloud, {}, {"channel": "1.0.0"}, {**GONE, "fallback": fallback})
    assert latest == {"module": "1.0.0", "version": "1.0.0", "channel": "latest", "from": "cdn"}
    assert exact == {**latest, "channel": "1.0.0"}
    assert (gone["version"], gone["from"]) == ("1.0.0", "fallback")
    assert 'HTTP 404 Widget "loaded" has no channel "gone".' in gone["reason"]

    put(cloud, tmp_path, "loaded", "1.1.0", tar_gz({"widget.js": release("1.1.0")}))
    served(cloud, f"{PATH}?edgeship-track=candidate", release("1.1.0"))
    tools.promote("loaded", Version(1, 1, 0), "latest", ann())
    served(cloud, PATH, release("1.1.0"))
    (latest,) = loads(tmp_path / "promoted", cloud, {})
    assert (latest["module"], latest["version"]) == ("1.1.0", "1.1.0")

    tools.roll_back("loaded", "latest", None, ann())
    served(cloud, PATH, release("1.0.0"))
    (latest,) = loads(tmp_path / "rolled back", cloud, {})
    assert (latest["module"], latest["version"]) == ("1.0.0", "1.0.0")
