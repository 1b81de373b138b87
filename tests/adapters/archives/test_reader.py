"""Archives of every honest kind, and every hostile kind we know of."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import random
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeship.adapters.archives.packer import TarPacker
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.archives.stored_gzip import StoredGzip
from edgeship.domain.errors import Refused
from edgeship.domain.releases.bundle import EntryCheck, check_packed
from edgeship.domain.releases.limits import Limits
from tests.adapters.archives.unpacking import unpack
from tests.support.bundles import WIDGET, member, tar_gz, tar_members, zipped

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("archive", "suffix"), [(tar_gz(WIDGET), ".tar.gz"), (tar_gz(WIDGET), ".tgz"), (zipped(WIDGET), ".zip")]
)
def test_unpacks_what_is_packed(archive: bytes, suffix: str, tmp_path: Path) -> None:
    files = unpack(archive, suffix, tmp_path)
    assert {file.path: file.location.read_bytes() for file in files} == WIDGET
    assert {file.path: file.size for file in files} == {path: len(body) for path, body in WIDGET.items()}
    widget = next(file for file in files if file.path == "widget.js")
    assert widget.sha256 == hashlib.sha256(WIDGET["widget.js"]).hexdigest()
    assert widget.sri == "sha384-" + base64.b64encode(hashlib.sha384(WIDGET["widget.js"]).digest()).decode()


def encrypted_zip() -> bytes:
    packed = bytearray(zipped({"widget.js": b"x"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + offset] |= 1
    return bytes(packed)


def duplicate_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        packed.writestr("widget.js", b"one")
        packed.writestr("widget.js", b"two")
    return out.getvalue()


def link_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        info = zipfile.ZipInfo("widget.js")
        info.external_attr = 0o120777 << 16
        packed.writestr(info, b"/etc/passwd")
    return out.getvalue()


def nul_zip() -> bytes:
    return zipped({"widgetX.js": b"x"}).replace(b"widgetX.js", b"widget\x00.js")


def wrong_crc_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("widget.js", b"hello world")
    return out.getvalue().replace(b"hello world", b"jello world")  # stored, so the bytes stand as they are


def huge_header_tar() -> bytes:
    """A pax header that claims 200 MB: 1,000 times smaller when packed."""
    header = tarfile.TarInfo("pax")
    header.type = tarfile.XHDTYPE
    header.size = 200 * MIB
    return gzip.compress(header.tobuf(tarfile.USTAR_FORMAT) + bytes(10 * MIB))


def sparse_tar() -> bytes:
    header = tarfile.TarInfo("widget.js")
    header.type = tarfile.GNUTYPE_SPARSE
    return gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


def huge_directory_zip() -> bytes:
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return zipped({"widget.js": b"x"})[:-22] + end


GOOD_TAR, GOOD_ZIP = tar_gz(WIDGET), zipped(WIDGET)
HOSTILE = {
    "empty object": (b"", ".zip", "archive_invalid"),
    "text": (b"hello", ".tar.gz", "archive_invalid"),
    "text as zip": (b"hello", ".zip", "archive_invalid"),
    "zip as tar": (GOOD_ZIP, ".tar.gz", "archive_invalid"),
    "tar as zip": (GOOD_TAR, ".zip", "archive_invalid"),
    "gzip of text": (gzip.compress(b"hello"), ".tgz", "archive_invalid"),
    "truncated tar": (GOOD_TAR[: len(GOOD_TAR) // 2], ".tar.gz", "archive_invalid"),
    "tar without its last byte": (GOOD_TAR[:-1], ".tar.gz", "archive_invalid"),
    "tar with a wrong checksum": (GOOD_TAR[:-8] + bytes(4) + GOOD_TAR[-4:], ".tar.gz", "archive_invalid"),
    "truncated zip": (GOOD_ZIP[: len(GOOD_ZIP) // 2], ".zip", "archive_invalid"),
    "zip without its last byte": (GOOD_ZIP[:-1], ".zip", "archive_invalid"),
    "zip with a wrong checksum": (wrong_crc_zip(), ".zip", "archive_invalid"),
    "encrypted zip": (encrypted_zip(), ".zip", "archive_invalid"),
    "empty tar": (tar_members([]), ".tar.gz", "empty"),
    "empty zip": (zipped({}), ".zip", "empty"),
    "folders only": (tar_members([member("a", type=tarfile.DIRTYPE)]), ".tar.gz", "empty"),
    "absolute path": (tar_gz({"/etc/passwd": b"x"}), ".tar.gz", "path_unsafe"),
    "parent path": (tar_gz({"../x.js": b"x"}), ".tar.gz", "path_unsafe"),
    "parent path in zip": (zipped({"../x.js": b"x"}), ".zip", "path_unsafe"),
    "backslashes in zip": (zipped({"..\\x.js": b"x"}), ".zip", "path_invalid"),
    "NUL in zip": (nul_zip(), ".zip", "path_invalid"),
    "symlink": (tar_members([member("w.js", type=tarfile.SYMTYPE, linkname="/etc/passwd")]), ".tgz", "entry_kind"),
    "hard link": (tar_members([member("w.js", type=tarfile.LNKTYPE, linkname="a.js")]), ".tgz", "entry_kind"),
    "symlink in zip": (link_zip(), ".zip", "entry_kind"),
    "device": (tar_members([member("w.js", type=tarfile.CHRTYPE)]), ".tgz", "entry_kind"),
    "fifo": (tar_members([member("w.js", type=tarfile.FIFOTYPE)]), ".tgz", "entry_kind"),
    "sparse file": (sparse_tar(), ".tgz", "entry_kind"),
    "duplicate": (tar_members([member("w.js", b"1"), member("w.js", b"2")]), ".tgz", "path_duplicate"),
    "duplicate in zip": (duplicate_zip(), ".zip", "path_duplicate"),
    "case collision": (tar_gz({"w.js": b"1", "W.js": b"2"}), ".tgz", "path_duplicate"),
    "one name in two normal forms": (tar_gz({"cafe\u0301.js": b"1", "caf\u00e9.js": b"2"}), ".tgz", "path_duplicate"),
    "bomb": (tar_gz({"w.js": bytes(20 * MIB)}), ".tgz", "ratio_too_high"),
    "bomb in zip": (zipped({"w.js": bytes(20 * MIB)}), ".zip", "ratio_too_high"),
    "bomb behind the end": (
        gzip.compress(gzip.decompress(GOOD_TAR) + bytes(20 * MIB)),
        ".tgz",
        "archive_invalid",
    ),
    "bomb in a header": (huge_header_tar(), ".tgz", "archive_invalid"),
    "table of contents out of bounds": (huge_directory_zip(), ".zip", "too_many_files"),
    "too many files": (tar_gz({f"{n}.js": b"" for n in range(5_001)}), ".tgz", "too_many_files"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_refuses_with_a_reason(case: str, tmp_path: Path) -> None:
    archive, suffix, code = HOSTILE[case]
    with pytest.raises(Refused) as refused:
        unpack(archive, suffix, tmp_path)
    assert refused.value.code == code
    assert refused.value.reason
    assert refused.value.remedy
    assert {path.name for path in tmp_path.iterdir()} == {"archive", "files"}


@pytest.mark.parametrize("suffix", [".tgz", ".zip"])
def test_holds_a_chunk_in_memory_not_the_archive(suffix: str, tmp_path: Path) -> None:
    body = random.Random(1).randbytes(20 * MIB)
    archive = (tar_gz if suffix == ".tgz" else zipped)({"widget.js": body})
    location = tmp_path / "archive"
    location.write_bytes(archive)
    del archive
    tracemalloc.start()
    ArchiveReader().unpack(location, suffix, tmp_path, EntryCheck(Limits(), packed_bytes=20 * MIB))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MIB


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=st.sampled_from([(GOOD_TAR, ".tgz"), (GOOD_ZIP, ".zip"), (gzip.decompress(GOOD_TAR), ".tar")]),
    at=st.floats(0, 1, exclude_max=True),
    flip=st.integers(1, 255),
    cut=st.booleans(),
)
def test_damage_is_refused_or_harmless(
    which: tuple[bytes, str], at: float, flip: int, cut: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    good, suffix = which
    place = int(at * len(good))
    damaged = good[:place] if cut else good[:place] + bytes([good[place] ^ flip]) + good[place + 1 :]
    if suffix == ".tar":
        damaged, suffix = gzip.compress(damaged), ".tgz"
    try:
        files = unpack(damaged, suffix, tmp_path_factory.mktemp("damaged"))
    except Refused:
        return
    assert all(file.location.stat().st_size == file.size for file in files)


def test_an_archive_is_the_same_to_the_byte_whenever_it_is_packed(tmp_path: Path) -> None:
    for name in ("first", "second"):
        folder = tmp_path / name
        folder.mkdir(mode=0o700 if name == "first" else 0o755)
        (folder / "widget.js").write_bytes(b"1")
        (folder / "a.css").write_bytes(b"2")
        files = {"widget.js": folder / "widget.js", "a.css": folder / "a.css"}
        TarPacker().pack(files, {"edgeship.json": b"{}"}, tmp_path / f"{name}.tgz")
    assert (tmp_path / "first.tgz").read_bytes() == (tmp_path / "second.tgz").read_bytes()
    unpacked = unpack((tmp_path / "first.tgz").read_bytes(), ".tgz", tmp_path)
    assert [file.path for file in unpacked] == ["a.css", "edgeship.json", "widget.js"]


def test_the_bytes_of_an_archive_are_those_of_every_python_and_zlib(tmp_path: Path) -> None:
    """A golden vector: computed with the tarfile of CPython 3.9 to 3.13."""
    contents = {"a.js": b"x" * 200_000, "é/" + "l" * 150 + ".js": b"2", "z" * 120 + "/" + "b" * 130: b""}
    for number, content in enumerate(contents.values()):
        (tmp_path / str(number)).write_bytes(content)
    files = {path: tmp_path / str(number) for number, path in enumerate(contents)}
    TarPacker().pack(files, {"edgeship.json": b"{}"}, tmp_path / "archive.tgz")
    body = (tmp_path / "archive.tgz").read_bytes()
    assert hashlib.sha256(body).hexdigest() == "12a9b7896742b36a08fd5ba53422cbb6c5ad045c403b67e6e73dd308c43b2063"
    assert {file.path: file.location.read_bytes() for file in unpack(body, ".tgz", tmp_path)} == {
        **contents,
        "edgeship.json": b"{}",
    }


@given(parts=st.lists(st.binary(max_size=200_000), max_size=4))
@settings(max_examples=20)
def test_what_is_not_compressed_is_gzip_for_every_reader(parts: list[bytes]) -> None:
    out = io.BytesIO()
    with StoredGzip(out) as file:
        for part in parts:
            file.write(part)
    body = b"".join(parts)
    assert gzip.decompress(out.getvalue()) == body
    assert len(out.getvalue()) <= len(body) + 5 * (len(body) // 65_535 + 1) + 18


@pytest.mark.parametrize(("files", "file_bytes"), [(5, 100_000), (400, 1)])
def test_an_archive_of_all_that_is_allowed_is_not_too_large(files: int, file_bytes: int, tmp_path: Path) -> None:
    limits = Limits(files, file_bytes, files * file_bytes)
    (tmp_path / "file").write_bytes(b"x" * file_bytes)
    named = {f"{number:03}/" + "é/" * 254: tmp_path / "file" for number in range(files)}
    TarPacker().pack(
        {path[:-1]: location for path, location in named.items()},
        {"edgeship.json": bytes(limits.declaration_bytes)},
        tmp_path / "archive",
    )
    check_packed((tmp_path / "archive").stat().st_size, limits)
