from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.http_answer import MAX_BODY_BYTES, MAX_HEAD_BYTES, Answer, NoAnswer, read_answer


def pieces_of(data: bytes, size: int) -> Callable[[], bytes]:
    pieces = iter([data[at : at + size] for at in range(0, len(data), size)])
    return lambda: next(pieces, b"")


def read(data: bytes, size: int = 1 << 16) -> Answer:
    return read_answer(pieces_of(data, size))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "status", "body", "reusable"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, b"abc", True),
        (b"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n", 200, b"", True),
        (b"HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, b"x", True),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, b"", True),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", 404, b"no", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, b"x", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxtra", 200, b"x", False),
        (b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, b"x", True),
        (CHUNKED + b"3\r\nabc\r\n0B;x=1\r\n" + b"d" * 11 + b"\r\n0\r\n\r\n", 200, b"abc" + b"d" * 11, True),
        (CHUNKED + b"0\r\nX-Trailer: 1\r\n\r\n", 200, b"", True),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1 << 16])
def test_whole_answers_are_read_however_they_arrive(
    data: bytes, status: int, body: bytes, reusable: bool, size: int
) -> None:
    answer = read(data, size)
    assert (answer.status, answer.body) == (status, body)
    if size == 1 << 16:
        assert answer.reusable == reusable


def test_header_names_are_lowercase_and_values_stripped() -> None:
    answer = read(b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag:  "a:b" \r\n\r\n')
    assert answer.headers == {"content-length": "0", "etag": '"a:b"'}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\n\r\nwho knows how long",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n00",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1e1\r\n\r\n0123456789",
        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1),
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * MAX_HEAD_BYTES + b"\r\n",
        b"HTTP/1.1 " + b"2" * (MAX_HEAD_BYTES * 2),
        b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 \xb2\xb2\xb2 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/2 200\r\nContent-Length: 0\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x50",
        CHUNKED + b"3\r\nab",
        CHUNKED + b"3\r\nabc",
        CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
        CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
        CHUNKED + b"%x\r\n" % (MAX_BODY_BYTES + 1),
        CHUNKED + b"0\r\n" + b"a: b\r\n" * 200 + b"\r\n",
    ],
)
def test_anything_else_is_no_answer(data: bytes) -> None:
    with pytest.raises(NoAnswer):
        read(data)


@given(st.binary(max_size=300), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED, CHUNKED + b"5\r\n"]))
def test_bytes_are_an_answer_or_none(data: bytes, start: bytes) -> None:
    try:
        answer = read(start + data, 16)
    except NoAnswer:
        return
    assert 200 <= answer.status <= 999 or answer.status < 100
    assert answer.body in start + data or start.startswith(CHUNKED) or b"chunked" in data.lower()


@given(st.binary(max_size=200), st.lists(st.integers(1, 50), max_size=8), st.integers(1, 30))
def test_a_chunked_body_is_the_same_however_it_is_cut(body: bytes, cuts: list[int], size: int) -> None:
    data, rest = bytearray(CHUNKED), body
    for cut in [*cuts, len(body)]:
        chunk, rest = rest[:cut], rest[cut:]
        if chunk:
            data += b"%X\r\n%s\r\n" % (len(chunk), chunk)
    data += b"0\r\n\r\n"
    assert read(bytes(data), size).body == body
    with pytest.raises(NoAnswer):
        read(bytes(data[:-1]), size)
