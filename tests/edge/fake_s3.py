"""A server over real sockets that answers like S3, or misbehaves as told."""

from __future__ import annotations

import hashlib
import re
import socketserver
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import botocore.auth
import botocore.awsrequest
import botocore.credentials

ACCESS_KEY = "AKIDEXAMPLE"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

Reaction = Callable[["Exchange"], None]


class Exchange:
    """One request as it came, and the connection to react on."""

    def __init__(self, server: FakeS3, head: bytes, handler: socketserver.StreamRequestHandler) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ")
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:] if line)}
        self.server = server
        self._handler = handler
        self.hangs_up = False

    def send(self, data: bytes) -> None:
        self._handler.wfile.write(data)

    def hang_up(self) -> None:
        self.hangs_up = True

    def wait_for_hang_up(self, seconds: float = 5) -> None:
        """Say nothing until the client leaves or the server closes."""
        self.server.closing.wait(seconds)
        self.hang_up()


class FakeS3:
    """Serves `self.objects` (path to bytes) with ETags; `self.reactions` are used up first, one a request."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.objects: dict[str, bytes] = {}
        self.reactions: list[Reaction] = []
        self.requests: list[Exchange] = []
        self.connections = 0
        self.round_trip = 0.0
        """Seconds that a packet takes to the server and back. Over loopback, a new connection waits for two of them
        before its first answer (TCP's and TLS's), whether it has TLS or not, and each request for one."""
        self.tls = tls
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, exchange: Exchange) -> None:
        """Answer as S3 would: 403 for a wrong signature, 404, 304 or 200."""
        if not _is_signed(exchange):
            return answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")(exchange)
        body = self.objects.get(exchange.path)
        if body is None:
            return answer(404, b"<Error><Code>NoSuchKey</Code></Error>")(exchange)
        etag = f'"{hashlib.md5(body).hexdigest()}"'
        if exchange.headers.get("if-none-match") == etag:
            exchange.send(f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode())
            return None
        return answer(200, body, etag=etag)(exchange)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    owner: FakeS3

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that leaves early is part of the tests."""


class _Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Server

    def setup(self) -> None:
        self.fake = self.server.owner
        self.fake.connections += 1
        if self.fake.round_trip:
            time.sleep(2 * self.fake.round_trip)
        if self.fake.tls is not None:
            self.request.settimeout(5)
            self.request = self.fake.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        while not self.fake.closing.is_set() and (head := self._head()):
            exchange = Exchange(self.fake, head, self)
            self.fake.requests.append(exchange)
            if self.fake.round_trip:
                time.sleep(self.fake.round_trip)
            (self.fake.reactions.pop(0) if self.fake.reactions else self.fake.serve)(exchange)
            if exchange.hangs_up:
                return

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.request.close()

    def _head(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = self.rfile.readline()
            if not line:
                return b""
            head += line
        return head.removesuffix(b"\r\n\r\n")


def answer(status: int, body: bytes = b"", **headers: str) -> Reaction:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(body)}\r\n{fields}\r\n".encode()
    return lambda exchange: exchange.send(head + body)


def raw(*pieces: bytes, hang_up: bool = True) -> Reaction:
    """Send these bytes as they are."""

    def react(exchange: Exchange) -> None:
        for piece in pieces:
            exchange.send(piece)
        if hang_up:
            exchange.hang_up()

    return react


def _is_signed(exchange: Exchange) -> bool:
    """Whether botocore, given the same request, arrives at the same signature."""
    authorization = exchange.headers.get("authorization", "")
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d+/([^/]+)/.*SignedHeaders=([^,]+), Signature=(\w+)", authorization
    )
    if match is None or match[1] != ACCESS_KEY or "host" not in match[3].split(";"):
        return False
    request = botocore.awsrequest.AWSRequest("GET", f"http://{exchange.headers['host']}{exchange.path}")
    for name in match[3].split(";"):
        request.headers[name] = exchange.headers[name]
    request.context["timestamp"] = exchange.headers["x-amz-date"]
    signer = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials(ACCESS_KEY, SECRET_KEY), "s3", match[2])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return bool(signer.signature(text, request) == match[4])
