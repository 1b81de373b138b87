"""The moving manifests follow every move, and none is ever put back to what was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.adapters.s3.moving_manifests import S3MovingManifests
from edgeship.application.propagation.ports import MovingManifests
from edgeship.domain.errors import Conflict
from edgeship.domain.version import Version
from tests.fakes.propagation import FakeMovingManifests
from tests.support.deployments import Deployments
from tests.support.moto.aws import NAMES, Aws
from tests.support.world import WIDGET

V = Version.parse


def shown(here: Deployments, version: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(here.manifests.documents[WIDGET, V(version)])
    return document


def live(here: Deployments) -> dict[str, tuple[list[str], str | None]]:
    """Of each version, the channels that its document names, and the version that a rollback chooses."""
    documents = [json.loads(body) for _, body in sorted(here.manifests.documents.items(), key=lambda each: each[0][1])]
    return {d["version"]: ([c["channel"] for c in d["channels"]], d["rollback_to"]) for d in documents}


def test_they_follow_promotions_and_rollbacks() -> None:
    here = Deployments("1.0.0", "1.1.0")
    assert live(here) == {"1.0.0": ([], None), "1.1.0": (["latest"], "1.0.0")}
    here.world.roll_back(WIDGET, "latest", None, here.world.occasion())
    here.deliver()
    assert live(here) == {"1.0.0": (["latest"], None), "1.1.0": ([], None)}
    assert shown(here, "1.1.0")["quarantined"] is True
    assert shown(here, "1.0.0")["rollback_available"] is False


def test_a_run_that_finds_nothing_to_do_writes_nothing() -> None:
    here = Deployments("1.0.0", "1.1.0")
    writes = here.manifests.writes
    assert here.propagate.publish_manifests(WIDGET) == 0
    here.deliver()
    assert here.manifests.writes == writes


def test_a_run_that_was_overtaken_does_not_put_back_what_was() -> None:
    here = Deployments("1.0.0", "1.1.0")
    here.move("1.2.0")

    def meanwhile() -> None:
        here.manifests.before_put = lambda: None
        here.move("1.0.0")
        here.propagate.publish_manifests(WIDGET)

    here.manifests.before_put = meanwhile
    here.propagate.publish_manifests(WIDGET)
    assert live(here) == {"1.0.0": (["latest"], "1.2.0"), "1.1.0": ([], None), "1.2.0": ([], None)}


def test_a_late_event_brings_them_to_what_the_table_says() -> None:
    here = Deployments("1.0.0")
    late = here.move("1.1.0")
    here.move("1.2.0")
    here.deliver(late)
    assert live(here)["1.2.0"] == (["latest"], "1.1.0")


@pytest.fixture(params=["moto", "fake"])
def manifests(request: pytest.FixtureRequest) -> MovingManifests:
    if request.param == "fake":
        return FakeMovingManifests()
    return S3MovingManifests(request.getfixturevalue("aws").s3, NAMES.site_bucket)


def test_a_write_takes_the_place_of_what_was_listed_alone(manifests: MovingManifests) -> None:
    assert manifests.etags(WIDGET) == {}
    manifests.put(WIDGET, V("1.0.0-rc.1"), b"one", None)
    with pytest.raises(Conflict):
        manifests.put(WIDGET, V("1.0.0-rc.1"), b"two", None)
    (etag,) = manifests.etags(WIDGET).values()
    manifests.put(WIDGET, V("1.0.0-rc.1"), b"two", etag)
    with pytest.raises(Conflict):
        manifests.put(WIDGET, V("1.0.0-rc.1"), b"three", etag)
    assert list(manifests.etags(WIDGET)) == [V("1.0.0-rc.1")]
    assert manifests.etags("chat") == {}


def test_no_cache_may_keep_them(aws: Aws) -> None:
    S3MovingManifests(aws.s3, NAMES.site_bucket).put(WIDGET, V("1.0.0"), b"{}", None)
    (stored,) = aws.objects(NAMES.site_bucket).values()
    assert (stored["cache"], stored["type"]) == ("no-cache", "application/json")
    assert stored["metadata"] == {"version": "1.0.0"}
