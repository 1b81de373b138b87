"""The getter against a server over real sockets, with and without TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.edge.http_answer import NoAnswer
from functions.edge.http_get import HttpGetter
from tests.edge.certificates import Authority
from tests.edge.fake_s3 import Exchange, FakeS3, answer, raw

HEADERS = {"host": "s3.test"}


@pytest.fixture
def server() -> Iterator[FakeS3]:
    with FakeS3() as running:
        yield running


@pytest.fixture
def getter(server: FakeS3) -> Iterator[HttpGetter]:
    making = HttpGetter("127.0.0.1", server.port, tls=False, seconds=1)
    yield making
    making.close()


def test_one_connection_serves_many_requests(server: FakeS3, getter: HttpGetter) -> None:
    server.reactions = [answer(200, b"one"), answer(500, b"two"), raw(b"HTTP/1.1 304 X\r\n\r\n", hang_up=False)]
    assert [getter.get(f"/{n}", HEADERS).status for n in range(3)] == [200, 500, 304]
    assert server.connections == 1
    assert [(r.method, r.path, r.headers) for r in server.requests] == [("GET", f"/{n}", HEADERS) for n in range(3)]


def test_a_connection_that_the_server_closed_is_made_anew(server: FakeS3, getter: HttpGetter) -> None:
    def answer_and_leave(exchange: Exchange) -> None:
        answer(200, b"one")(exchange)
        exchange.hang_up()

    server.reactions = [answer_and_leave, answer(200, b"two")]
    assert getter.get("/", HEADERS).body == b"one"
    assert getter.get("/", HEADERS).body == b"two"
    assert server.connections == 2


def test_a_kept_connection_gone_silent_leaves_time_for_a_new_one(server: FakeS3, getter: HttpGetter) -> None:
    server.reactions = [answer(200, b"one"), Exchange.wait_for_hang_up, answer(200, b"two")]
    getter.get("/", HEADERS)
    started = time.monotonic()
    assert getter.get("/", HEADERS).body == b"two"
    assert time.monotonic() - started < 1


def test_connection_close_is_heeded(server: FakeS3, getter: HttpGetter) -> None:
    server.reactions = [answer(200, b"x", connection="close"), answer(200, b"x")]
    getter.get("/", HEADERS)
    getter.get("/", HEADERS)
    assert server.connections == 2


def drip(exchange: Exchange) -> None:
    """Send a byte now and then, so that no single wait is ever long."""
    exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while not exchange.server.closing.wait(0.05):
        exchange.send(b"x")


@pytest.mark.parametrize("reaction", [Exchange.wait_for_hang_up, drip], ids=["silent", "dripping"])
def test_the_whole_exchange_is_bounded_in_time(server: FakeS3, reaction: object) -> None:
    getter = HttpGetter("127.0.0.1", server.port, tls=False, seconds=0.3)
    server.reactions = [reaction]  # type: ignore[list-item]
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="timed out"):
        getter.get("/", HEADERS)
    assert 0.25 < time.monotonic() - started < 2


@pytest.mark.parametrize(
    "reaction",
    [
        raw(),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        raw(b"\x00" * 100),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999\r\n\r\n"),
    ],
    ids=["nothing", "truncated", "garbage", "huge"],
)
def test_after_no_answer_the_next_get_connects_anew(server: FakeS3, getter: HttpGetter, reaction: object) -> None:
    server.reactions = [reaction, answer(200, b"fine")]  # type: ignore[list-item]
    with pytest.raises(NoAnswer):
        getter.get("/", HEADERS)
    assert getter.get("/", HEADERS).body == b"fine"


def test_nobody_there_is_no_answer() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswer, match="refused"):
            HttpGetter("127.0.0.1", taken.getsockname()[1], tls=False, seconds=1).get("/", HEADERS)


def test_a_name_that_does_not_exist_is_no_answer() -> None:
    with pytest.raises(NoAnswer):
        HttpGetter("nobody.invalid", 80, tls=False, seconds=0.5).get("/", HEADERS)


def test_a_name_lookup_that_hangs_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*arguments: object, **options: object) -> list[object]:
        time.sleep(1)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="the name was not resolved"):
        HttpGetter("slow.test", 80, tls=False, seconds=0.1).get("/", HEADERS)
    assert time.monotonic() - started < 0.9


def test_an_address_that_fails_leaves_time_for_the_next(server: FakeS3, monkeypatch: pytest.MonkeyPatch) -> None:
    family = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
    with socket.socket() as full:
        # A listener whose queue is full swallows connection attempts.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        with socket.create_connection(full.getsockname()):
            found = [(*family, full.getsockname()), (*family, ("127.0.0.1", server.port))]
            monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: found)
            server.reactions = [answer(200, b"second")]
            getter = HttpGetter("two.test", 80, tls=False, seconds=1)
            assert getter.get("/", HEADERS).body == b"second"
            getter.close()


# TLS. The system's trust is a file that the tests write.


@pytest.fixture(scope="session")
def amazon() -> Authority:
    return Authority("Amazon Root CA 1")


@pytest.fixture(scope="session")
def another() -> Authority:
    return Authority("Another Root")


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "trusted.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path / "none"))
    return path


def test_tls_with_amazons_root(amazon: Authority, another: Authority, trusted: Path, tmp_path: Path) -> None:
    trusted.write_bytes(another.pem + amazon.pem)
    with FakeS3(amazon.server_context("localhost", tmp_path)) as server:
        server.reactions = [answer(200, b"one"), answer(200, b"two")]
        getter = HttpGetter("localhost", server.port, tls=True, seconds=10)
        assert getter.get("/", HEADERS).body == b"one"
        assert getter.get("/", HEADERS).body == b"two"
        assert server.connections == 1
        getter.close()


def test_tls_with_a_system_that_has_none_of_amazons_roots(another: Authority, trusted: Path, tmp_path: Path) -> None:
    trusted.write_bytes(another.pem)
    with FakeS3(another.server_context("localhost", tmp_path)) as server:
        server.reactions = [answer(200, b"one")]
        getter = HttpGetter("localhost", server.port, tls=True, seconds=10)
        assert getter.get("/", HEADERS).body == b"one"
        getter.close()


def test_should_aws_move_to_another_root_the_second_try_trusts_it(
    amazon: Authority, another: Authority, trusted: Path, tmp_path: Path
) -> None:
    trusted.write_bytes(amazon.pem + another.pem)
    with FakeS3(another.server_context("localhost", tmp_path)) as server:
        server.reactions = [answer(200, b"one")]
        getter = HttpGetter("localhost", server.port, tls=True, seconds=10)
        with pytest.raises(NoAnswer, match="CERTIFICATE_VERIFY_FAILED"):
            getter.get("/", HEADERS)
        assert getter.get("/", HEADERS).body == b"one"
        getter.close()


@pytest.mark.parametrize("fault", ["unknown root", "another name", "no TLS"])
def test_nothing_is_sent_to_a_server_that_is_not_the_one(
    fault: str, amazon: Authority, another: Authority, trusted: Path, tmp_path: Path
) -> None:
    trusted.write_bytes(amazon.pem)
    context: ssl.SSLContext | None = {
        "unknown root": another.server_context("localhost", tmp_path),
        "another name": amazon.server_context("elsewhere.test", tmp_path),
        "no TLS": None,
    }[fault]
    with FakeS3(context) as server:
        getter = HttpGetter("localhost", server.port, tls=True, seconds=0.5)
        for _ in range(2):
            with pytest.raises(NoAnswer):
                getter.get("/secret", {"host": "s3.test", "authorization": "secret"})
        assert server.requests == []


def test_a_get_that_is_abandoned_ends_at_once_and_its_successor_connects_again(
    server: FakeS3, getter: HttpGetter
) -> None:
    asked = threading.Event()
    outcome: list[BaseException] = []

    def hang(exchange: Exchange) -> None:
        asked.set()
        exchange.wait_for_hang_up()

    def get() -> None:
        try:
            getter.get("/", HEADERS, 30)
        except NoAnswer as no_answer:
            outcome.append(no_answer)

    server.reactions = [answer(200, b"one"), hang, answer(200, b"two")]
    getter.get("/", HEADERS)
    thread = threading.Thread(target=get)
    thread.start()
    assert asked.wait(5)
    successor = getter.abandon()
    thread.join(5)
    assert not thread.is_alive()
    assert len(outcome) == 1
    assert successor.get("/", HEADERS).body == b"two"
    assert server.connections == 2, "the one that was abandoned did not connect again"
    with pytest.raises(NoAnswer, match="abandoned"):
        getter.get("/", HEADERS)
    successor.close()


def test_the_seconds_of_one_get_replace_those_of_the_getter(server: FakeS3, getter: HttpGetter) -> None:
    server.reactions = [Exchange.wait_for_hang_up]
    started = time.monotonic()
    with pytest.raises(NoAnswer, match="timed out"):
        getter.get("/", HEADERS, 0.2)
    assert time.monotonic() - started < 0.9
