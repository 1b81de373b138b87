"""What every `HealthPages` promises: held against S3 in moto and against the fake that the use case runs on."""

from __future__ import annotations

import json

import pytest

from edgeship.application.health.ports import HealthPages, Published
from edgeship.domain.errors import Conflict
from edgeship.domain.version import Version
from tests.fakes.health import FakeHealthPages
from tests.support.moto.aws import NAMES, Aws

V1, V2, V10 = (Version.parse(version) for version in ("1.4.2", "2.0.0-rc.1", "10.0.0"))


@pytest.fixture(params=["moto", "fake"])
def pages(request: pytest.FixtureRequest) -> HealthPages:
    if request.param == "fake":
        return FakeHealthPages()
    aws: Aws = request.getfixturevalue("aws")
    return aws.health_pages


def test_there_is_nothing_at_first(pages: HealthPages) -> None:
    assert pages.read("checkout", V1) is None
    assert pages.published() == Published(frozenset(), None)


def test_what_is_published_is_read(pages: HealthPages) -> None:
    first = {
        "widget": "checkout",
        "version": "1.4.2",
        "top_errors": [{"message": "bäng 😀", "count": 1}],
        "stale": None,
    }
    pages.publish(first)
    assert pages.read("checkout", V1) == first
    pages.publish({**first, "stale": True})
    assert pages.read("checkout", V1) == {**first, "stale": True}
    assert pages.read("checkout", V2) is None
    assert pages.read("button", V1) is None


def test_what_is_remembered_is_listed_exactly(pages: HealthPages) -> None:
    several = {("checkout", V10), ("button", V1), ("checkout", V2)}
    listed = pages.remember(several, pages.published())
    assert listed.subjects == several
    assert pages.published() == listed
    listed = pages.remember({("button", V1)}, listed)
    assert pages.published() == listed
    listed = pages.remember(set(), listed)
    assert pages.published() == listed
    assert listed.subjects == frozenset()


@pytest.mark.parametrize("before", [0, 1])
def test_it_remembers_only_from_the_list_that_was_read(pages: HealthPages, before: int) -> None:
    for _ in range(before):
        pages.remember({("checkout", V1)}, pages.published())
    seen = pages.published()
    there = pages.remember({("checkout", V2)}, seen)
    with pytest.raises(Conflict):
        pages.remember({("checkout", V10)}, seen)
    assert pages.published() == there


def test_a_page_lies_where_the_cdn_serves_it(aws: Aws) -> None:
    aws.health_pages.publish({"widget": "checkout", "version": "2.0.0-rc.1"})
    ((key, found),) = aws.objects(NAMES.site_bucket).items()
    assert key == "health/checkout/v2.0.0-rc.1"
    assert (found["type"], found["cache"]) == ("application/json", "public, max-age=60")
    assert json.loads(found["body"]) == {"widget": "checkout", "version": "2.0.0-rc.1"}


def test_the_list_is_not_public(aws: Aws) -> None:
    aws.health_pages.remember({("checkout", V10), ("checkout", V2), ("button", V1)}, Published())
    assert aws.objects(NAMES.site_bucket) == {}
    ((key, found),) = aws.objects(NAMES.config_bucket).items()
    assert key == "health/published.json"
    assert json.loads(found["body"]) == {
        "schema": 1,
        "versions": {"button": ["1.4.2"], "checkout": ["2.0.0-rc.1", "10.0.0"]},
    }
