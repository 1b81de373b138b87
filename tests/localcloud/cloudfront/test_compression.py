"""What is compressed, and how its headers say so."""

from __future__ import annotations

import gzip

import pytest
from multidict import CIMultiDict

from localcloud.cloudfront import compression

ETAG = '"abc"'


@pytest.mark.parametrize(
    ("status", "headers", "length", "expected"),
    [
        (200, {}, 1_000, True),
        (404, {}, 1_000, True),
        (200, {}, 10_000_000, True),
        (200, {}, 999, False),
        (200, {}, 10_000_001, False),
        (500, {}, 2_000, False),
        (206, {}, 2_000, False),
        (200, {"Content-Type": "image/png"}, 2_000, False),
        (200, {"Content-Type": "TEXT/CSS; charset=utf-8"}, 2_000, True),
        (200, {"Content-Encoding": "br"}, 2_000, False),
        (200, {"Cache-Control": "no-transform"}, 2_000, False),
    ],
)
def test_what_is_compressed(status: int, headers: dict[str, str], length: int, expected: bool) -> None:
    all_headers = CIMultiDict({"Content-Type": "text/javascript", "Content-Length": str(length), **headers})
    assert compression.compressible(status, all_headers, length) is expected


def test_without_a_length_nothing_is_compressed() -> None:
    assert not compression.compressible(200, CIMultiDict({"Content-Type": "text/css"}), 2_000)


def test_compression_weakens_the_etag_and_varies() -> None:
    body = b"let x = 1;" * 200
    headers, packed = compression.compress(
        CIMultiDict({"ETag": ETAG, "Vary": "Origin", "Content-Length": "2000"}), body
    )
    assert gzip.decompress(packed) == body
    assert headers["Content-Encoding"] == "gzip"
    assert headers["Content-Length"] == str(len(packed))
    assert headers["ETag"] == 'W/"abc"'
    assert headers["Vary"] == "Origin, Accept-Encoding"
    again, _ = compression.compress(headers, body)
    assert (again["ETag"], again["Vary"]) == ('W/"abc"', "Origin, Accept-Encoding")
