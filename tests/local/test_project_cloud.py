"""The project's own template on a local cloud: its edge function, policies and buckets as they are deployed."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest

from edgeship.local.cloud import LocalCloud

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-project")]

SNAPSHOT = {
    "schema": 1,
    "revision": 1,
    "widgets": {"checkout": {"channels": {"latest": {"stable": "1.4.2"}}, "ranges": {"1": "1.4.2", "1.4": "1.4.2"}}},
}
MOVING_PATHS = ("/checkout/latest/widget.js", "/checkout/~1/widget.js", "/checkout/%7E1.4/widget.js")


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    with LocalCloud(state_path=None, edge_freshness_seconds=0.5) as running:
        s3 = running.session().client("s3")
        s3.put_object(
            Bucket=running.names.site_bucket,
            Key="checkout/v1.4.2/widget.js",
            Body=b"let x = 1;\n" * 200,
            ContentType="text/javascript; charset=utf-8",
            CacheControl="public, max-age=31536000, immutable",
            Metadata={"version": "1.4.2"},
        )
        s3.put_object(Bucket=running.names.config_bucket, Key="edge/snapshot.json", Body=json.dumps(SNAPSHOT).encode())
        yield running


def headers_of(url: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers={"Origin": "https://shop.example"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, {k.lower(): v for k, v in answer.headers.items()}


@pytest.mark.parametrize("path", MOVING_PATHS)
def test_moving_paths_serve_the_release_in_place(cloud: LocalCloud, path: str) -> None:
    status, headers = headers_of(cloud.edge_url + path)
    assert status == 200
    assert headers["cache-control"] == "public, max-age=300, must-revalidate"
    assert headers["x-amz-meta-version"] == "1.4.2"


def test_exact_paths_are_immutable_and_share_the_cached_object(cloud: LocalCloud) -> None:
    headers_of(cloud.edge_url + MOVING_PATHS[0])
    status, headers = headers_of(f"{cloud.edge_url}/checkout/v1.4.2/widget.js")
    assert (status, headers["x-cache"]) == (200, "Hit from cloudfront")
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["timing-allow-origin"] == "*"
    assert headers["x-content-type-options"] == "nosniff"


def test_an_unknown_widget_is_answered_at_the_edge(cloud: LocalCloud) -> None:
    status, headers = headers_of(f"{cloud.edge_url}/nope/latest/widget.js")
    assert (status, headers["x-cache"]) == (404, "LambdaGeneratedResponse from cloudfront")


def test_a_new_snapshot_takes_effect_without_an_invalidation(cloud: LocalCloud) -> None:
    moved = json.loads(json.dumps(SNAPSHOT).replace("1.4.2", "1.4.3")) | {"revision": 2}
    s3 = cloud.session().client("s3")
    s3.put_object(
        Bucket=cloud.names.site_bucket, Key="checkout/v1.4.3/widget.js", Body=b"new", Metadata={"version": "1.4.3"}
    )
    s3.put_object(Bucket=cloud.names.config_bucket, Key="edge/snapshot.json", Body=json.dumps(moved).encode())
    deadline = time.monotonic() + 3.5
    while headers_of(cloud.edge_url + MOVING_PATHS[0])[1].get("x-amz-meta-version") != "1.4.3":
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_site_is_not_listed(cloud: LocalCloud) -> None:
    assert headers_of(f"{cloud.edge_url}/")[0] == 404
