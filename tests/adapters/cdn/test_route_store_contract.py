"""One suite for the edge's store: in memory, and the adapter on a stand-in and on the emulator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import boto3
import pytest
from botocore.config import Config

from edgeship.adapters.cdn.key_value_store import KeyValueStore, at_its_endpoint
from edgeship.application.edge.ports import RouteStore, StoreFull
from edgeship.domain.errors import Conflict
from localcloud.emulator import Emulator
from tests.fakes.edge import FakeRouteStore
from tests.support.moto.aws import aws_environment
from tests.support.moto.key_value_store import STORE_ARN, stored_routes

Fresh = Callable[[], RouteStore]
"""An empty store."""


@pytest.fixture(
    params=[
        "fake",
        "stand-in",
        pytest.param("emulator", marks=[pytest.mark.cloud, pytest.mark.xdist_group("cloud-functions")]),
    ]
)
def store(request: pytest.FixtureRequest) -> Iterator[RouteStore]:
    match request.param:
        case "fake":
            yield FakeRouteStore()
        case "stand-in":
            with _stand_in() as made:
                yield made
        case _:
            made_there: Fresh = request.getfixturevalue("emulated")
            yield made_there()


@contextmanager
def _stand_in() -> Iterator[KeyValueStore]:
    with aws_environment():
        yield KeyValueStore(at_its_endpoint(boto3.client("cloudfront-keyvaluestore")), STORE_ARN)


@pytest.fixture(scope="module")
def emulated() -> Iterator[Fresh]:
    numbers = iter(range(100))
    with Emulator() as emulator:
        session = emulator.session()

        def fresh() -> RouteStore:
            made = session.client("cloudfront").create_key_value_store(Name=f"routes-{next(numbers)}")
            client = session.client("cloudfront-keyvaluestore", config=Config(retries={"mode": "standard"}))
            return KeyValueStore(at_its_endpoint(client), made["KeyValueStore"]["ARN"])

        yield fresh


def test_a_new_store_is_empty(store: RouteStore) -> None:
    content = store.content()
    assert (content.keys, content.size) == (0, 0)
    assert store.all() == {}
    assert store.get("checkout") is None


def test_an_update_puts_and_deletes_at_once(store: RouteStore) -> None:
    etag = store.update({"checkout": "1", "chat/~1@a": "{}", ".revision": "7"}, [], store.content().etag)
    assert store.content().etag == etag
    assert store.all() == {"checkout": "1", "chat/~1@a": "{}", ".revision": "7"}
    store.update({"checkout": "2"}, ["chat/~1@a"], etag)
    assert store.all() == {"checkout": "2", ".revision": "7"}
    assert store.get("checkout") == "2"
    assert store.get(".revision") == "7"
    assert store.get("chat/~1@a") is None


def test_keys_may_be_deleted_alone(store: RouteStore) -> None:
    etag = store.update({"a": "1", "b": "2"}, [], store.content().etag)
    store.update({}, ["a"], etag)
    assert store.all() == {"b": "2"}


def test_each_update_gives_the_store_another_etag(store: RouteStore) -> None:
    seen = [store.content().etag]
    for value in ("1", "2", "1"):
        seen.append(store.update({"a": value}, [], seen[-1]))
    assert len(set(seen)) == len(seen)


def test_an_update_of_another_store_than_the_one_read_changes_nothing(store: RouteStore) -> None:
    stale = store.content().etag
    store.update({"a": "1"}, [], stale)
    with pytest.raises(Conflict):
        store.update({"a": "2", "b": "2"}, [], stale)
    assert store.all() == {"a": "1"}


def test_all_keys_are_read_whatever_their_number(store: RouteStore) -> None:
    wanted = {f"widget-{n:03}/{n}.0": str(n) for n in range(120)}
    etag, rows = store.content().etag, list(wanted.items())
    for start in range(0, len(rows), 50):
        etag = store.update(dict(rows[start : start + 50]), [], etag)
    assert store.all() == wanted
    content = store.content()
    assert content.keys == 120
    assert content.size == sum(len(key) + len(value) for key, value in wanted.items())


@pytest.mark.parametrize("on_the_wire", [False, True])
def test_a_store_that_is_full_says_so_and_keeps_what_it_has(on_the_wire: bool) -> None:
    """The emulator has no quota."""
    if not on_the_wire:
        _refuses(FakeRouteStore(quota=10))
        return
    with _stand_in() as store:
        stored_routes().quota = 10
        _refuses(store)


def _refuses(store: RouteStore) -> None:
    etag = store.update({"abcd": "1234"}, [], store.content().etag)
    with pytest.raises(StoreFull, match="too large"):
        store.update({"e": "12"}, [], etag)
    assert store.all() == {"abcd": "1234"}
    assert store.update({"e": "1"}, [], etag) == store.content().etag
