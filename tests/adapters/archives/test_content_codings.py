"""Siblings decode to their originals, or are refused; the oracles are the libraries that wrote them."""

from __future__ import annotations

import gzip
import hashlib
import tracemalloc
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.adapters.archives.content_codings import decoded_sha256
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.limits import MIB, Limits
from tests.support.bundles import tar_gz

ENCODE = {"br": brotli.compress, "gzip": gzip.compress}
SUFFIX = {"br": ".br", "gzip": ".gz"}
TEXT = b"export const a = 1;\n" * 20_000


def decoded(packed: bytes, encoding: str, size: int) -> str | None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "x").write_bytes(packed)
        return decoded_sha256(Path(folder) / "x", encoding, size)


@pytest.mark.parametrize("encoding", ENCODE)
@given(body=st.binary(max_size=300_000), more=st.integers(-3, 3), cut=st.integers(0, 20), after=st.binary(max_size=3))
def test_only_the_whole_file_and_nothing_more_counts(
    encoding: str, body: bytes, more: int, cut: int, after: bytes
) -> None:
    packed = ENCODE[encoding](body)
    right = hashlib.sha256(body).hexdigest()
    assert decoded(packed, encoding, len(body)) == right
    if more:
        assert decoded(packed, encoding, len(body) + more) is None
    if cut:
        assert decoded(packed[:-cut], encoding, len(body)) is None
    if after:
        assert decoded(packed + after, encoding, len(body)) is None


@pytest.mark.parametrize("encoding", ENCODE)
@given(packed=st.binary(max_size=2_000), size=st.integers(0, 100))
def test_any_bytes_are_read(encoding: str, packed: bytes, size: int) -> None:
    decoded(packed, encoding, size)


@cache
def bomb(encoding: str) -> bytes:
    return ENCODE[encoding](bytes(64 * MIB))


@pytest.mark.parametrize("encoding", ENCODE)
@pytest.mark.parametrize("size", [1_000, 32 * MIB])
def test_a_bomb_costs_no_more_than_what_it_claims_to_be(encoding: str, size: int, tmp_path: Path) -> None:
    (tmp_path / "bomb").write_bytes(bomb(encoding))
    tracemalloc.start()
    assert decoded_sha256(tmp_path / "bomb", encoding, size) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MIB


def inspect(files: dict[str, bytes], scratch: Path) -> set[str]:
    scratch.mkdir()
    (scratch / "archive").write_bytes(tar_gz(files))
    key = UploadKey.parse("incoming/w/1.0.0.tgz")
    check = InspectArchive(ArchiveReader(), JavaScriptParser(), Limits())
    return set(check(scratch / "archive", key, "", scratch)[1].files)


@pytest.mark.parametrize("encoding", ENCODE)
def test_a_stale_sibling_is_refused_with_both_names(encoding: str, tmp_path: Path) -> None:
    sibling = f"assets/app.js{SUFFIX[encoding]}"
    honest = {"widget.js": b"1", "assets/app.js": TEXT, sibling: ENCODE[encoding](TEXT)}
    assert inspect(honest, tmp_path / "honest") == honest.keys()
    for number, stale in enumerate([ENCODE[encoding](TEXT + b" "), ENCODE[encoding](TEXT[:-1] + b"x"), TEXT, b""]):
        with pytest.raises(Refused) as refused:
            inspect({**honest, sibling: stale}, tmp_path / str(number))
        assert refused.value.code == "sibling_stale"
        assert "'assets/app.js'" in refused.value.reason
        assert sibling in refused.value.reason


def test_what_has_no_original_is_a_file_like_any_other(tmp_path: Path) -> None:
    files = {"widget.js": b"1", "data.gz": b"no gzip", "app.js.br": b"x", ".js.br": b"y", "notes.test.js.gz": b"z"}
    assert inspect(files, tmp_path / "x") == {"widget.js", "data.gz", "app.js.br"}


def test_a_sibling_of_a_sibling_is_none(tmp_path: Path) -> None:
    once = gzip.compress(TEXT)
    files = {"widget.js": TEXT, "widget.js.gz": once, "widget.js.gz.br": b"anything"}
    assert inspect(files, tmp_path / "x") == files.keys()
