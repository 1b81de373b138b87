"""Reading an HTTP/1.1 answer to a GET from a stream of bytes.

Does what reading one object from S3 needs and refuses the rest, such as a body that only the connection's end ends:
a cut-off one could not be told from a whole one. Source: https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 8 * 1024 * 1024
"""A snapshot of 1,000 widgets has 0.2 MB; the function has 128 MB of memory."""
_WITHOUT_BODY = (204, 304)


class NoAnswer(Exception):
    """No complete answer came: no connection, too late, cut off, too large, or not HTTP. The message says which."""


class Answer:
    """A complete answer. Header names are lowercase; `reusable` says whether another request may follow."""

    __slots__ = ("body", "headers", "reusable", "status")

    def __init__(self, status: int, headers: dict[str, str], body: bytes, *, reusable: bool) -> None:
        self.status = status
        self.headers = headers
        self.body = body
        self.reusable = reusable


def read_answer(receive: Callable[[], bytes]) -> Answer:
    """Read one answer; `receive` returns the next bytes, none at the end.

    Raises:
        NoAnswer: the bytes are not a complete answer within the limits.
    """
    stream = _Stream(receive)
    status, version, headers = _read_head(stream)
    while 100 <= status < 200:
        status, version, headers = _read_head(stream)
    coding = headers.get("transfer-encoding", "").lower()
    if status in _WITHOUT_BODY:
        body = b""
    elif coding:
        if coding != "chunked":
            raise NoAnswer(f"transfer coding {coding!r:.40}")
        body = _read_chunks(stream)
    else:
        length = _number(headers.get("content-length", ""), 10, "length of the body")
        if length > MAX_BODY_BYTES:
            raise NoAnswer(f"body of {length} bytes")
        body = stream.take(length)
    closes = "close" in headers.get("connection", "").lower()
    return Answer(status, headers, body, reusable=version == "HTTP/1.1" and not closes and stream.at_edge)


def _read_head(stream: _Stream) -> tuple[int, str, dict[str, str]]:
    version, _, rest = stream.line().partition(" ")
    status = rest[:3]
    if version not in ("HTTP/1.1", "HTTP/1.0") or not (len(status) == 3 and status.isascii() and status.isdigit()):
        raise NoAnswer("not HTTP/1.1")
    headers: dict[str, str] = {}
    budget = MAX_HEAD_BYTES
    while line := stream.line():
        budget -= len(line)
        name, colon, value = line.partition(":")
        if not colon or budget < 0:
            raise NoAnswer("malformed header" if not colon else "head too large")
        headers[name.lower()] = value.strip()
    return int(status), version, headers


def _read_chunks(stream: _Stream) -> bytes:
    body = bytearray()
    while size := _number(stream.line().partition(";")[0].strip(), 16, "size of a chunk"):
        if len(body) + size > MAX_BODY_BYTES:
            raise NoAnswer(f"body of more than {MAX_BODY_BYTES} bytes")
        body += stream.take(size)
        if stream.line():
            raise NoAnswer("malformed chunk")
    for _ in range(100):
        if not stream.line():
            return bytes(body)
    raise NoAnswer("too many trailers")


def _number(text: str, base: int, what: str) -> int:
    # int() would also take signs, underscores and other alphabets' digits.
    if not 0 < len(text) <= 12 or not all(c in "0123456789abcdefABCDEF"[: base + 6 * (base == 16)] for c in text):
        raise NoAnswer(f"malformed {what}")
    return int(text, base)


class _Stream:
    """Lines and counted bytes out of whatever pieces arrive."""

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self._buffer = bytearray()

    @property
    def at_edge(self) -> bool:
        """Whether nothing has arrived beyond what was taken."""
        return not self._buffer

    def line(self) -> str:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise NoAnswer("line too long")
            self._fill()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line.removesuffix(b"\r").decode("latin-1")

    def take(self, count: int) -> bytes:
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def _fill(self) -> None:
        received = self._receive()
        if not received:
            raise NoAnswer("cut off")
        self._buffer += received
