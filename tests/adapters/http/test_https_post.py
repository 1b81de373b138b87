"""HttpsPost against real sockets: where it goes and where it never does, for how long, and what its errors say."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from edgeship.adapters.http.https_post import BODY_BYTES, AddressRefused, HttpsPost
from edgeship.adapters.http.public_address import is_public
from tests.edge.certificates import Authority
from tests.support.receiver import Receiver, receiver

HOST = "hooks.example.com"
SECRET_PATH = "/hooks/T0P-S3CRET?token=T0P-S3CRET"
SHORT = 0.4


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test Root")


@pytest.fixture(scope="module")
def trust(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.pem.decode())


@pytest.fixture(scope="module")
def server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(authority.server_context(HOST, tmp_path_factory.mktemp("tls"))) as running:
        yield running


@pytest.fixture(autouse=True)
def fresh(server: Receiver) -> None:
    server.received.clear()
    server.behaviours.clear()


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Let every name have these addresses, another answer each time it is resolved, the last one from then on."""

    def set_up(*answers: list[str]) -> list[str]:
        resolved: list[str] = []

        def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
            resolved.append(host)
            addresses = answers[min(len(resolved), len(answers)) - 1]
            return [
                (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))
                if ":" in address
                else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))
                for address in addresses
            ]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return resolved

    return set_up


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every address that was connected to; none is really."""
    tried: list[Any] = []

    def connect(_: socket.socket, address: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket.socket, "connect", connect)
    return tried


def url(server: Receiver, path: str = SECRET_PATH) -> str:
    return f"https://{HOST}:{server.port}{path}"


def test_it_posts_once_over_tls_and_reads_the_answer(
    server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolved = resolve(["127.0.0.1"])
    server.behaviours.append((201, {"X-Two": "a", "content-type": "text/plain"}, b"made"))
    answer = HttpsPost(loopback=True, trust=trust)(url(server), {"x-mine": "1"}, b"\x00body")
    assert (answer.status, answer.body) == (201, b"made")
    assert answer.headers["x-two"] == "a"
    (got,) = server.received
    assert (got.path, got.body) == (SECRET_PATH, b"\x00body")
    assert got.headers["host"] == f"{HOST}:{server.port}"
    assert got.headers["x-mine"] == "1"
    assert resolved == [HOST]


@pytest.mark.parametrize("status", [301, 302, 307, 308, 404, 500])
def test_any_status_is_an_answer_and_no_redirect_is_followed(
    status: int, server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["127.0.0.1"])
    server.behaviours.append((status, {"location": url(server, "/elsewhere")}, b""))
    assert HttpsPost(loopback=True, trust=trust)(url(server), {}, b"").status == status
    assert [got.path for got in server.received] == [SECRET_PATH]


def test_what_is_read_of_a_body_is_bounded(
    server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["127.0.0.1"])
    server.behaviours.append((200, {}, b"x" * (BODY_BYTES + 1)))
    assert HttpsPost(loopback=True, trust=trust)(url(server), {}, b"").body == b"x" * BODY_BYTES


def test_an_address_that_refuses_leaves_the_next(
    server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["::1", "127.0.0.1"])
    assert HttpsPost(loopback=True, trust=trust)(url(server), {}, b"").status == 200


def test_plain_http_goes_to_this_machine_alone() -> None:
    with receiver() as plain:
        post = HttpsPost(loopback=True)
        assert post(f"http://127.0.0.1:{plain.port}/x", {}, b"hello").status == 200
        assert [got.body for got in plain.received] == [b"hello"]
        with pytest.raises(AddressRefused, match="the URL is not https"):
            HttpsPost()(f"http://127.0.0.1:{plain.port}/x", {}, b"")
        assert len(plain.received) == 1


@pytest.mark.parametrize("address", ["93.184.215.14", "127.0.0.2", "169.254.169.254", "10.0.0.1", "::ffff:127.0.0.1"])
def test_on_loopback_it_goes_nowhere_else(
    address: str, resolve: Callable[..., list[str]], connections: list[Any]
) -> None:
    resolve([address])
    with pytest.raises(AddressRefused, match="not this machine"):
        HttpsPost(loopback=True)(f"https://{HOST}/", {}, b"")
    assert connections == []


NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "169.254.170.2",
    "192.0.0.8",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::808:808",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378:8000:63bf:f5ff:fffe",
    "2001:0:a00:1:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "100::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_no_address_but_public_ones_is_connected_to(
    address: str, resolve: Callable[..., list[str]], connections: list[Any]
) -> None:
    """Beside a public one, too, and whether a name has it or the URL says it."""
    assert not is_public(address)
    for addresses in ([address], ["93.184.215.14", address]):
        resolve(addresses)
        with pytest.raises(AddressRefused, match=f"^{HOST}: one of its addresses is not public$"):
            HttpsPost()(f"https://{HOST}{SECRET_PATH}", {}, b"")
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(AddressRefused, match="not public"):
        HttpsPost()(f"https://{host}{SECRET_PATH}", {}, b"")
    assert connections == []


@pytest.mark.parametrize("host", ["0x7f.1", "2130706433", "0177.0.0.1", "127.1"])
def test_other_spellings_of_this_machine_are_no_way_round(host: str, connections: list[Any]) -> None:
    with pytest.raises(AddressRefused):
        HttpsPost()(f"https://{host}/", {}, b"")
    assert connections == []


@pytest.mark.parametrize(
    "address",
    ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"],
)
def test_a_public_address_is_connected_to_as_it_was_judged(
    address: str, resolve: Callable[..., list[str]], connections: list[Any]
) -> None:
    """A second resolution would return the instance metadata's address (DNS rebinding): there is none."""
    resolved = resolve([address], ["169.254.169.254"])
    with pytest.raises(ConnectionRefusedError):
        HttpsPost()(f"https://{HOST}/", {}, b"")
    assert [where[0] for where in connections] == [address]
    assert resolved == [HOST]


@pytest.mark.parametrize(
    ("spoilt", "says"),
    [
        ("http://hooks.example.com/T0P-S3CRET", "hooks.example.com: the URL is not https"),
        ("ftp://hooks.example.com/T0P-S3CRET", "hooks.example.com: the URL is not https"),
        ("https://ann:T0P-S3CRET@hooks.example.com/", "hooks.example.com: the URL has credentials in it"),
        ("https://T0P-S3CRET@hooks.example.com/", "hooks.example.com: the URL has credentials in it"),
        ("https:///T0P-S3CRET", "the URL has no host"),
        ("T0P-S3CRET", "the URL has no host"),
        ("https://hooks.example.com:T0P-S3CRET/", "the URL is not valid"),
        ("https://[T0P-S3CRET/", "the URL is not valid"),
        ("https://hooks.example.com/\r\nT0P-S3CRET: x", "the URL has characters other than printable ASCII"),
        ("https://hooks.example.com/T0P S3CRET", "the URL has characters other than printable ASCII"),
        ("https://hooks.example.com/ü-T0P-S3CRET", "the URL has characters other than printable ASCII"),
        (f"https://{'T0P-S3CRET' * 7}.example.com/", "the URL's host is not a name"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_being_repeated(
    spoilt: str, says: str, connections: list[Any]
) -> None:
    with pytest.raises(AddressRefused) as refused:
        HttpsPost()(spoilt, {}, b"")
    assert str(refused.value) == says
    assert connections == []


@pytest.mark.parametrize("value", ["T0P-S3CRET\r\nx: y", "T0P-S3CRET\n", "T0P-S3CRET\x00", "ü-T0P-S3CRET"])
def test_a_header_that_will_not_do_is_refused_without_being_repeated(value: str, connections: list[Any]) -> None:
    with pytest.raises(AddressRefused) as refused:
        HttpsPost()(f"https://{HOST}/", {"authorization": value}, b"")
    assert str(refused.value) == f"{HOST}: a header has characters other than printable ASCII"
    assert connections == []


def silent(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing until the client has left."""
    with suppress(OSError):
        handler.connection.recv(1)


def dripping(first: bytes) -> Callable[[BaseHTTPRequestHandler], None]:
    """A byte at a time, each long before any time limit of a single read."""

    def drip(handler: BaseHTTPRequestHandler) -> None:
        with suppress(OSError):
            handler.connection.sendall(first)
            for _ in range(200):
                time.sleep(0.05)
                handler.connection.sendall(b"x")

    return drip


SLOW = {
    "silent": silent,
    "drips its status line": dripping(b""),
    "drips a header": dripping(b"HTTP/1.1 200 OK\r\nx-y: "),
    "drips its body": dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"),
    "drips a body without an end": dripping(b"HTTP/1.1 200 OK\r\n\r\n"),
}


@pytest.mark.parametrize("how", SLOW)
def test_the_whole_exchange_is_bounded(
    how: str, server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["127.0.0.1"])
    server.behaviours.append(SLOW[how])
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        HttpsPost(loopback=True, seconds=SHORT, trust=trust)(url(server), {}, b"")
    assert time.monotonic() - started < SHORT + 1


def test_a_server_that_never_speaks_tls_is_given_up(resolve: Callable[..., list[str]]) -> None:
    resolve(["127.0.0.1"])
    with socket.create_server(("127.0.0.1", 0)) as deaf, pytest.raises(TimeoutError):
        HttpsPost(loopback=True, seconds=SHORT)(f"https://{HOST}:{deaf.getsockname()[1]}/", {}, b"")


def test_a_name_that_is_resolved_too_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        time.sleep(2 * SHORT)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(TimeoutError, match="resolving the name"):
        HttpsPost(seconds=SHORT)(f"https://{HOST}/", {}, b"")


def test_a_name_that_nobody_has_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(OSError, match="Name or service not known"):
        HttpsPost()(f"https://{HOST}/", {}, b"")


@pytest.mark.parametrize(
    "sent", [b"T0P-S3CRET\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nT0P-S3CRET\r\n"]
)
def test_what_is_no_http_is_an_error_that_repeats_nothing(
    sent: bytes, server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["127.0.0.1"])
    server.behaviours.append(lambda handler: handler.connection.sendall(sent))
    with pytest.raises(OSError, match=r"^the answer is not HTTP \(\w+\)$|^the server hung up without an answer$"):
        HttpsPost(loopback=True, trust=trust)(url(server), {}, b"")


def test_a_certificate_of_another_name_or_authority_is_not_trusted(
    server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]]
) -> None:
    resolve(["127.0.0.1"])
    with pytest.raises(ssl.SSLCertVerificationError):
        HttpsPost(loopback=True)(url(server), {}, b"")
    with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
        HttpsPost(loopback=True, trust=trust)(f"https://other.example.com:{server.port}/", {}, b"")
    assert not server.received


def test_proxies_of_the_environment_are_not_used(
    server: Receiver, trust: ssl.SSLContext, resolve: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    resolve(["127.0.0.1"])
    assert HttpsPost(loopback=True, trust=trust)(url(server), {}, b"").status == 200
