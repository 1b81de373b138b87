"""The edge with an empty store: moving paths are the latest copies, until the relay's next minute has filled it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.edge.store_changes import MAX_KEYS
from edgeship.local.cloud import LocalCloud
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import ann, bundle, eventually, get, put, served

pytestmark = [pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

WIDGET = "fallback"
ONE = bundle("one")["widget.js"]
LATEST, RANGE, LONE = (f"/{WIDGET}/{file}" for file in ("latest/widget.js", "~1/widget.js", "latest/lone.js"))
"""LONE lies among the copies alone: it is found where a path is not routed, and only there."""
HEALED_SECONDS = 180
"""The relay's rule fires once a minute."""


@dataclass(frozen=True)
class Store:
    """The store of the routes, and whoever empties it."""

    client: Any
    arn: str

    def values(self) -> dict[str, str]:
        pages = self.client.get_paginator("list_keys").paginate(KvsARN=self.arn)
        return {item["Key"]: item["Value"] for page in pages for item in page["Items"]}

    def empty(self) -> None:
        while keys := list(self.values())[:MAX_KEYS]:
            etag = self.client.describe_key_value_store(KvsARN=self.arn)["ETag"]
            self.client.update_keys(KvsARN=self.arn, IfMatch=etag, Deletes=[{"Key": key} for key in keys])


@pytest.fixture
def store(cloud: LocalCloud) -> Store:
    found = cloud.session().client("cloudfront").describe_key_value_store(Name=cloud.names.route_store)
    return Store(cloud.session().client("cloudfront-keyvaluestore"), found["KeyValueStore"]["ARN"])


def test_without_routes_latest_is_its_copies_until_the_relay_has_written_them_again(
    cloud: LocalCloud, tools: Operator, store: Store, tmp_path: Path
) -> None:
    tools.policy(WIDGET, lambda policy: replace(policy, steps=(Step(100, 0),), serve="in_place"), ann())
    put(cloud, tmp_path, WIDGET, "1.0.0", tar_gz(bundle("one")))
    verdict = eventually(lambda: tools.state.deployment(WIDGET, "latest").verification)
    assert verdict.verified, verdict.mismatches
    served(cloud, RANGE, ONE)
    cloud.session().client("s3").put_object(
        Bucket=cloud.names.site_bucket, Key=f"_latest/{WIDGET}/lone.js", Body=b"// of nothing\n"
    )
    assert get(cloud, LONE)[0] == 404
    before = store.values()

    def without_routes() -> list[tuple[int, Message, bytes]] | None:
        store.empty()  # again, if the relay was quicker
        answers = [get(cloud, path) for path in (LONE, LATEST, RANGE, LONE)]
        return answers if {answers[0][0], answers[-1][0]} == {200} else None

    _, (status, headers, body), (of_range, *_), _ = eventually(without_routes)
    assert (status, body) == (200, ONE)
    assert headers["x-amz-meta-version"] == "1.0.0"
    assert re.fullmatch(r"public, max-age=3\d\d, must-revalidate", headers["Cache-Control"])  # 300 and its Age
    assert of_range == 404

    eventually(lambda: get(cloud, LONE)[0] == 404 or None, HEALED_SECONDS)
    assert [get(cloud, path)[2] for path in (LATEST, RANGE)] == [ONE, ONE]
    assert store.values().items() >= {item for item in before.items() if item[0].startswith(WIDGET)}
    assert store.values().keys() >= before.keys()
