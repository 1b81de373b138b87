"""One HTTPS POST to a host that somebody configured: bounded in time and size, and never to a private address.

A person who may configure a URL must not reach what only this machine can reach: the instance metadata, loopback, a
private network. So the name is resolved once, all its addresses are checked, and the connection goes to a checked
address: a second resolution could have another result (DNS rebinding). Redirects are not followed, and proxies of the
environment are not used.
Source: https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from urllib.parse import SplitResult, urlsplit

from edgeship.adapters.http.public_address import is_loopback, is_public

BODY_BYTES = 64 * 1024
"""What is read of an answer's body."""


class AddressRefused(Exception):
    """The request is not sent to such a URL or address. The message contains only the host of the URL."""


@dataclass(frozen=True)
class PostAnswer:
    """`headers` have lower-case names; `body` is the first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class HttpsPost:
    """`seconds` bounds a whole exchange: name resolution, connection, request and answer, however slow.

    `loopback` is for the local cloud and tests: `http://` and `https://` to 127.0.0.1 and ::1, and to nothing else.
    `trust` stands in for the system's certificate authorities.
    """

    def __init__(self, *, loopback: bool = False, seconds: float = 5.0, trust: ssl.SSLContext | None = None) -> None:
        self._loopback = loopback
        self._seconds = seconds
        self._given_trust = trust

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> PostAnswer:
        """Send the request once and read its answer, whatever its status. Errors contain only the host of the URL.

        Raises:
            AddressRefused: not https, credentials in the URL, a character that no URL or header has, or an address
                that is not public.
            OSError: no such name, no connection, no trusted certificate, no HTTP, or not in time (TimeoutError).
        """
        deadline = time.monotonic() + self._seconds
        parts = self._check_url(url)
        host = cast("str", parts.hostname)
        for name, value in headers.items():
            if not (name + value).isascii() or not (name + value).isprintable():
                raise AddressRefused(f"{host}: a header has characters other than printable ASCII")
        connection = self._connect(host, parts.port or (443 if parts.scheme == "https" else 80), deadline)
        try:
            if parts.scheme == "https":
                connection.settimeout(_left(deadline))
                connection = self._trust.wrap_socket(connection, server_hostname=host)
            return _exchange(connection, parts, headers, body, deadline)
        except http.client.RemoteDisconnected:
            raise ConnectionResetError("the server hung up without an answer") from None
        except http.client.HTTPException as error:
            # Its text may quote the answer, and so the request.
            raise OSError(f"the answer is not HTTP ({type(error).__name__})") from None
        finally:
            connection.close()

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # Made at the first use: loading the system's authorities takes tens of milliseconds.
        return self._given_trust or ssl.create_default_context()

    def _check_url(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise AddressRefused("the URL is not valid") from None
        if not host:
            raise AddressRefused("the URL has no host")
        # urlsplit drops line breaks and tabs without a word.
        if not url.isascii() or not url.isprintable() or " " in url:
            raise AddressRefused("the URL has characters other than printable ASCII")
        if parts.scheme != "https" and not (self._loopback and parts.scheme == "http"):
            raise AddressRefused(f"{host}: the URL is not https")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused(f"{host}: the URL has credentials in it")
        return parts

    def _connect(self, host: str, port: int, deadline: float) -> socket.socket:
        found = _look_up(host, port, deadline)
        allowed = is_loopback if self._loopback else is_public
        if not all(allowed(address[0]) for _, address in found):
            wanted = "this machine" if self._loopback else "public"
            raise AddressRefused(f"{host}: one of its addresses is not {wanted}")
        for number, (family, address) in enumerate(found, 1):
            connection = socket.socket(family, socket.SOCK_STREAM)
            last = number == len(found)
            try:
                # Half of what is left, so that an address that doesn't answer leaves time for the next.
                connection.settimeout(_left(deadline) / (1 if last else 2))
                connection.connect(address)
            except OSError:
                connection.close()
                if last:
                    raise
            else:
                return connection
        raise OSError("the name has no address")


def _look_up(host: str, port: int, deadline: float) -> list[tuple[int, tuple[Any, ...]]]:
    """Families and socket addresses; in its own thread, because `getaddrinfo` has no timeout."""
    answers: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = answers.get(timeout=_left(deadline))
    except queue.Empty:
        raise TimeoutError("resolving the name took too long") from None
    if isinstance(answer, UnicodeError):
        # A label that is empty or longer than 63 characters.
        raise AddressRefused("the URL's host is not a name") from None
    if isinstance(answer, OSError):
        raise answer
    return list(dict.fromkeys((family, address) for family, _, _, _, address in answer))


def _exchange(
    connection: socket.socket, parts: SplitResult, headers: Mapping[str, str], body: bytes, deadline: float
) -> PostAnswer:
    client = http.client.HTTPConnection(cast("str", parts.hostname))
    client.sock = cast("socket.socket", _Bounded(connection, deadline))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    fixed = {"host": parts.netloc, "accept-encoding": "identity", "connection": "close"}
    client.request("POST", target, body=body, headers={**headers, **fixed})
    with client.getresponse() as response:
        # A header that comes more than once is joined, as RFC 9110 section 5.3 has it.
        received: dict[str, str] = {}
        for name, value in response.getheaders():
            key = name.lower()
            received[key] = f"{received[key]}, {value}" if key in received else value
        return PostAnswer(response.status, received, response.read(BODY_BYTES))


class _Bounded:
    """What `http.client` uses of a socket, each call with what is left of the time; it does not close the socket."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._connection.settimeout(_left(self._deadline))
            rest = rest[self._connection.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reader(self._connection, self._deadline))

    def close(self) -> None:
        pass


class _Reader(io.RawIOBase):
    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._connection = connection
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(_left(self._deadline))
        return self._connection.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
