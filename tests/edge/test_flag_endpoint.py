"""The endpoint over a fake S3: which copy it reads, and that S3's troubles leave the last good flags."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions.edge import object_reader
from functions.edge.config import Config
from functions.edge.flag_endpoint import FlagEndpoint, build_flags
from functions.edge.http_get import HttpGetter
from tests.edge.fake_s3 import ACCESS_KEY, SECRET_KEY, Exchange, FakeS3, answer, raw
from tests.edge.ofrep_request import BULK, flags_body, ofrep
from tests.edge.zip_layout import CONFIG

COPIES = {"eu-west-1": "flags-in-ireland", "ap-southeast-1": "flags-in-singapore"}
NEAREST = {"eu-west-1": "eu-west-1", "eu-central-1": "eu-west-1", "ap-southeast-1": "ap-southeast-1"}
HOME = f"/{CONFIG['bucket']}/{CONFIG['flags_key']}"
NEAR = {region: f"/{bucket}/{CONFIG['flags_key']}" for region, bucket in COPIES.items()}


class World:
    """A fake S3 with the flag `n` at the same value everywhere, and an endpoint that runs in `region`."""

    def __init__(self, server: FakeS3, region: str) -> None:
        self.server = server
        self.now = 1_800_000_000.0
        self.log: list[str] = []
        for path in (HOME, *NEAR.values()):
            self.store(path, 1)
        env = {
            "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{server.port}",
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_REGION": region,
        }
        config: dict[str, Any] = {**CONFIG, "flag_copies": COPIES, "nearest": NEAREST}
        self.endpoint: FlagEndpoint = build_flags(Config(**config), env, lambda: self.now, self.log.append)

    def store(self, path: str, value: int) -> None:
        flag = {"variants": {"it": value}, "default_variant": "it"}
        self.server.objects[path] = flags_body({"n": flag}, revision=value)

    def value(self, after: float = 0) -> Any:
        self.now += after
        response = self.endpoint.answer(ofrep(uri=f"{BULK}/n"))
        return json.loads(response["body"]).get("value")

    def settled(self) -> None:
        """Wait until no read is under way."""
        deadline = time.monotonic() + 10
        while self.endpoint._source._reading is not None:
            assert time.monotonic() < deadline
            time.sleep(0.005)


@pytest.fixture(autouse=True)
def hang_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """End the connections that a Lambda function keeps until its sandbox ends."""
    made: list[HttpGetter] = []

    class Remembered(HttpGetter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(object_reader, "HttpGetter", Remembered)
    yield
    for getter in made:
        getter.close()


@pytest.fixture
def server() -> Iterator[FakeS3]:
    with FakeS3() as running:
        yield running


@pytest.mark.parametrize(
    ("region", "read"),
    [
        ("eu-west-1", NEAR["eu-west-1"]),
        ("eu-central-1", NEAR["eu-west-1"]),
        ("ap-southeast-1", NEAR["ap-southeast-1"]),
        ("us-east-1", HOME),
        ("xx-nowhere-9", HOME),
        ("", HOME),
    ],
)
def test_the_copy_nearest_to_where_the_function_runs_is_read(server: FakeS3, region: str, read: str) -> None:
    assert World(server, region).value() == 1
    assert [request.path for request in server.requests] == [read]


def test_without_its_copy_home_answers_and_the_copy_is_tried_again(server: FakeS3) -> None:
    world = World(server, "eu-west-1")
    del server.objects[NEAR["eu-west-1"]]
    assert world.value() == 1
    assert world.log == ["flags: eu-west-1: status 404; revision 1 is in use"]
    for place in (NEAR["eu-west-1"], HOME):
        world.store(place, 2)
    world.value(after=5)
    world.settled()
    assert world.value() == 2
    assert world.log[1:] == ["flags: read again"]
    assert [request.path for request in server.requests] == [NEAR["eu-west-1"], HOME, NEAR["eu-west-1"]]


def test_a_copy_and_home_share_their_etags(server: FakeS3) -> None:
    world = World(server, "eu-west-1")
    world.value()
    server.reactions = [answer(503, b"")]
    world.value(after=5)
    world.settled()
    assert [request.headers.get("if-none-match") for request in server.requests][1:] == [
        server.requests[1].headers["if-none-match"]
    ] * 2
    assert world.log == ["flags: eu-west-1: status 503; revision 1 is in use"]


FAULTS: dict[str, Callable[[Exchange], None]] = {
    "403": answer(403, b"<Error/>"),
    "500": answer(500, b"<Error/>"),
    "hang": Exchange.wait_for_hang_up,
    "truncated": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
    "no HTTP": raw(b"\x16\x03\x01 garbage\r\n\r\n"),
    "garbage": answer(200, b"<html>no snapshot</html>"),
    "huge": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n"),
    "closed": raw(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_with_s3_in_trouble_the_last_good_flags_answer_within_the_second(server: FakeS3, fault: str) -> None:
    world = World(server, "us-east-1")
    world.endpoint._source._timeout = 0.3
    world.value()
    server.reactions = [FAULTS[fault]] * 3
    started = time.monotonic()
    assert world.value(after=60) == 1
    assert time.monotonic() - started < 1
    assert len(world.log) == 1
    server.reactions = []
    world.store(HOME, 2)
    assert world.value(after=60) == 2


def test_a_connection_that_stood_still_is_not_tried_first(server: FakeS3) -> None:
    """The server has forgotten it, and says nothing: half of the second would be lost on it."""
    world = World(server, "us-east-1")
    world.value()
    world.value(after=5)
    world.settled()
    assert server.connections == 1
    world.store(HOME, 2)
    assert world.value(after=60) == 2
    assert server.connections == 2
