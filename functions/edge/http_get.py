"""An HTTP/1.1 GET over one kept-alive connection, bounded in time.

Written out because `http.client` costs 50 ms of cold start, more than everything else here together.
"""

from __future__ import annotations

import _thread
import socket
import ssl
import time

from functions.edge.http_answer import Answer, NoAnswer, read_answer
from functions.edge.trust import amazon_context, system_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_RECEIVE_BYTES = 64 * 1024
_KEPT_SECONDS = 5.0
"""A kept connection that says nothing for this long is dead, however much time there is."""


class HttpGetter:
    """One server, one connection at a time. `seconds` bounds a whole `get`: name lookup, connection and answer."""

    def __init__(self, host: str, port: int, *, tls: bool, seconds: float) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._seconds = seconds
        self._context: ssl.SSLContext | None = None
        self._socket: socket.socket | None = None
        self._abandoned = False

    def get(self, path: str, headers: Mapping[str, str], seconds: float | None = None) -> Answer:
        """Send a GET and read its answer, whatever its status; `headers` includes `host`.

        `seconds` replaces those of the getter.

        Raises:
            NoAnswer: see there. The next call connects anew.
        """
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
        if self._tls and self._context is None:
            self._context = amazon_context()
        started = time.monotonic()
        seconds = self._seconds if seconds is None else seconds
        if self._socket is not None:
            try:
                return self._exchange(self._socket, request, started + min(seconds / 2, _KEPT_SECONDS))
            except NoAnswer:
                # The server may have hung up while the function was frozen: half of the time is left to call it anew.
                self.close()
        deadline = started + seconds
        return self._exchange(self._connect(deadline), request, deadline)

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def abandon(self) -> HttpGetter:
        """End the `get` that another thread may be in, and every later one; a getter that replaces this one.

        The connection is shut down and not closed: its number could at once be that of a new connection, and the other
        thread would read from that. It closes its own.
        """
        self._abandoned = True
        connection = self._socket
        if connection is not None:
            try:  # noqa: SIM105  contextlib is no part of a cold start
                # Not the TLS socket's own method, which takes its state away from under the other thread.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                pass
        successor = HttpGetter(self._host, self._port, tls=self._tls, seconds=self._seconds)
        successor._context = self._context  # loading the roots takes a share of a second
        return successor

    def _exchange(self, connection: socket.socket, request: bytes, deadline: float) -> Answer:
        def receive() -> bytes:
            connection.settimeout(_left(deadline))
            return connection.recv(_RECEIVE_BYTES)

        keep = False
        try:
            if self._abandoned:
                raise NoAnswer("abandoned")
            connection.settimeout(_left(deadline))
            connection.sendall(request)
            answer = read_answer(receive)
            keep = answer.reusable and not self._abandoned
        except OSError as error:
            raise _no_answer(error) from error
        finally:
            if not keep:
                self.close()
        return answer

    def _connect(self, deadline: float) -> socket.socket:
        if self._abandoned:
            raise NoAnswer("abandoned")
        try:
            connection = _connect_tcp(self._host, self._port, deadline)
            self._socket = connection
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._context is not None:
                connection.settimeout(_left(deadline))
                # A name in bytes is taken as it is; text would load the IDNA codec, 10 ms.
                self._socket = self._context.wrap_socket(connection, server_hostname=self._host.encode("ascii"))
        except OSError as error:
            self.close()
            if isinstance(error, ssl.SSLCertVerificationError):
                # Should AWS move to other roots, the next call trusts all that the system does.
                self._context = system_context()
            raise _no_answer(error) from error
        return self._socket


def _connect_tcp(host: str, port: int, deadline: float) -> socket.socket:
    found = _look_up(host, port, deadline)
    for number, (family, kind, protocol, _, address) in enumerate(found, 1):
        connection = socket.socket(family, kind, protocol)
        # Half of what is left, so that an address that doesn't answer leaves time for the next.
        share = 1 if number == len(found) else 2
        try:
            connection.settimeout(_left(deadline) / share)
            connection.connect(address)
        except OSError:
            connection.close()
            if number == len(found):
                raise
        else:
            return connection
    raise OSError("the name has no address")


def _look_up(host: str, port: int, deadline: float) -> list[tuple[Any, ...]]:
    """Look the name up in a thread of its own: nothing else bounds `getaddrinfo`, whose own patience is 10 s and more.

    `_thread` is built in; `threading` would cost 5 ms of cold start.
    """
    found: list[tuple[Any, ...]] = []
    failed: list[OSError] = []
    finished = _thread.allocate_lock()
    finished.acquire()

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM))
        except OSError as error:
            failed.append(error)
        finally:
            finished.release()

    _thread.start_new_thread(look_up, ())
    if not finished.acquire(timeout=_left(deadline)):
        raise TimeoutError("the name was not resolved in time")
    if failed:
        raise failed[0]
    return found


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left


def _no_answer(error: OSError) -> NoAnswer:
    return NoAnswer(f"{type(error).__name__}: {error}")
