"""The project's own template on a local cloud: its edge function, policies and buckets as they are deployed."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.cli.local import describe
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.cli.documentation import assert_as_documented
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, eventually, served

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

WIDGET = "placed"
MOVING_PATHS = (f"/{WIDGET}/latest/widget.js", f"/{WIDGET}/~1/widget.js", f"/{WIDGET}/~1.4/widget.js")


def body(version: str) -> bytes:
    return f"// {version}\n".encode() * 200


@pytest.fixture(scope="module", autouse=True)
def placed(cloud: LocalCloud) -> None:
    """The widget's first release, live."""
    upload(cloud, "1.4.2")
    served(cloud, MOVING_PATHS[0], body("1.4.2"))


def upload(cloud: LocalCloud, version: str) -> None:
    cloud.session().client("s3").put_object(
        Bucket=cloud.names.inbox_bucket,
        Key=f"incoming/{WIDGET}/{version}.tar.gz",
        Body=tar_gz({"widget.js": body(version)}),
    )


def headers_of(url: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers={"Origin": "https://shop.example"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, {k.lower(): v for k, v in answer.headers.items()}


MOVE_SECONDS = 3
"""The most that a move takes to be seen, beside the store's delay."""


@pytest.mark.parametrize("path", MOVING_PATHS)
def test_moving_paths_serve_the_release_in_place(cloud: LocalCloud, path: str) -> None:
    status, headers = headers_of(cloud.edge_url + path)
    assert status == 200
    # A copy's Date is when the edge fetched it, and a browser counts from there.
    (most,) = re.findall(r"^public, max-age=(\d+), must-revalidate$", headers["cache-control"])
    age = (datetime.now(UTC) - parsedate_to_datetime(headers["date"])).total_seconds()
    assert abs(int(most) - 300 - age) <= 2
    assert headers["x-amz-meta-version"] == "1.4.2"


def test_exact_paths_are_immutable_and_share_the_cached_object(cloud: LocalCloud) -> None:
    headers_of(cloud.edge_url + MOVING_PATHS[0])
    status, headers = headers_of(f"{cloud.edge_url}/{WIDGET}/v1.4.2/widget.js")
    assert (status, headers["x-cache"]) == (200, "Hit from cloudfront")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["timing-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_unknown_widget_is_answered_at_the_edge(cloud: LocalCloud) -> None:
    status, headers = headers_of(f"{cloud.edge_url}/nope/latest/widget.js")
    assert (status, headers["x-cache"]) == (404, "FunctionGeneratedResponse from cloudfront")


def test_a_move_takes_effect_without_an_invalidation(cloud: LocalCloud, tools: Operator) -> None:
    headers_of(cloud.edge_url + MOVING_PATHS[0])
    upload(cloud, "2.0.0")
    eventually(lambda: len(tools.state.releases(WIDGET)) == 2 or None)
    tools.promote(WIDGET, Version.parse("2.0.0"), "latest", ann())
    deadline = time.monotonic() + cloud.store_delay_seconds + MOVE_SECONDS
    while headers_of(cloud.edge_url + MOVING_PATHS[0])[1].get("x-amz-meta-version") != "2.0.0":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert headers_of(cloud.edge_url + MOVING_PATHS[1])[1]["x-amz-meta-version"] == "1.4.2"


def test_the_site_is_not_listed(cloud: LocalCloud) -> None:
    assert headers_of(f"{cloud.edge_url}/")[0] == 404


def test_what_is_printed_of_it_is_as_the_docs_show(cloud: LocalCloud) -> None:
    assert_as_documented(describe(cloud), "edgeship local up")
