"""A zip archive whose table and content do not say exactly the same is refused: never a smaller release."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from dataclasses import replace
from pathlib import Path

import pytest

from edgeship.domain.errors import Refused
from tests.adapters.archives.unpacking import unpack
from tests.adapters.archives.zip_parts import (
    Part,
    archive,
    described_after,
    end_record,
    end_records_64,
    table_of,
)
from tests.support.pytest_plugins.tools import ZIP

A = Part(b"widget.js", b"import './chunk.js';\n" * 20)
B = Part(b"chunk.js", b"export {};\n", method=0)
FILES = {part.name.decode(): part.body for part in (A, B)}
GOOD = archive(A, B)
WITHOUT_END, TABLE_BYTES, TABLE_AT = table_of(A, B)
END = len(WITHOUT_END)


def ending(end: bytes) -> bytes:
    return WITHOUT_END + end


def zip64_local(part: Part) -> Part:
    sizes = struct.pack("<2H2Q", 1, 16, len(part.body), len(part.packed))
    return replace(part, local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "extra": sizes})


def zip64_listed(part: Part, offset: int) -> Part:
    fields = struct.pack("<2H3Q", 1, 24, len(part.body), len(part.packed), offset)
    full = 0xFFFFFFFF
    return replace(part, listed={"size": full, "packed": full, "offset": full, "extra": fields})


DAMAGED = {
    "data before the first entry": (archive(A, B, before=b"#!/bin/sh\n"), "before its first entry"),
    "data before the table": (archive(A, B, between=b"hidden"), "gap"),
    "data behind the end": (GOOD + b"x", "after its end"),
    "zeros behind the end": (GOOD + bytes(100), "after its end"),
    "another archive behind the end": (GOOD + archive(A), "before its first entry|not where"),
    "a comment that is cut": (ending(end_record(2, TABLE_BYTES, TABLE_AT, b"hello")[:-1]), "comment"),
    "an entry twice in the table": (archive(A, replace(B, listed={"offset": 0})), "two entries lie at one place"),
    "an entry that is not in the table": (
        WITHOUT_END[:TABLE_AT] + A.listed_part(0) + end_record(1, len(A.listed_part(0)), TABLE_AT),
        "gap",
    ),
    "a table that counts more": (ending(end_record(3, TABLE_BYTES, TABLE_AT)), "counts 3"),
    "a table that counts less": (ending(end_record(1, TABLE_BYTES, TABLE_AT)), "counts 1"),
    "a table that is said to be elsewhere": (ending(end_record(2, TABLE_BYTES, TABLE_AT - 1)), "not where"),
    "a table that is said to be shorter": (ending(end_record(2, TABLE_BYTES - 1, TABLE_AT)), "not where"),
    "one disk of several": (ending(end_record(2, TABLE_BYTES, TABLE_AT, disk=1)), "several"),
    "an entry on another disk": (archive(A, replace(B, listed={"disk": 1})), "several"),
    "an offset beyond the table": (archive(A, replace(B, listed={"offset": 1 << 20})), "gap|not where"),
    "an offset inside another entry": (archive(A, replace(B, listed={"offset": 7})), "gap|not where"),
    "another name at the file": (archive(A, replace(B, local={"name": b"chunk.sj"})), "two ways"),
    "another method at the file": (archive(A, replace(B, local={"method": 8})), "two ways"),
    "another size at the file": (archive(A, replace(B, local={"size": 5})), "two ways"),
    "another size in the table": (archive(A, replace(B, listed={"size": 5}, local={"size": 5})), "checksum and size"),
    "a larger size everywhere": (
        archive(replace(A, listed={"size": 999}, local={"size": 999})),
        "checksum and size",
    ),
    "another checksum everywhere": (
        archive(replace(A, listed={"crc": 1}, local={"crc": 1})),
        "checksum and size",
    ),
    "a packed size that is too large": (
        archive(replace(A, listed={"packed": 500}, local={"packed": 500}), B),
        "overlap",
    ),
    "content behind the compressed bytes": (
        archive(
            replace(
                A,
                after=b"hidden",
                listed={"packed": len(A.packed) + 6},
                local={"packed": len(A.packed) + 6},
            )
        ),
        "too early",
    ),
    "compression that is cut": (
        archive(
            replace(A, method=8, body=A.body, listed={"packed": len(A.packed) - 3}, local={"packed": len(A.packed) - 3})
        ),
        "overlap",
    ),
    "a descriptor with another checksum": (
        archive(replace(described_after(A, signature=True, zip64=False), after=b"PK\x07\x08" + bytes(12))),
        "overlap",
    ),
    "a folder with content": (archive(A, Part(b"a/", b"x")), "folder"),
    "zip64 sizes that are missing": (archive(A, replace(B, listed={"size": 0xFFFFFFFF})), "zip64"),
    "zip64 records that contradict": (
        ending(end_records_64(2, TABLE_BYTES, TABLE_AT, END)[:-22] + end_record(1, 0xFFFFFFFF, 0xFFFFFFFF)),
        "contradict",
    ),
    "a zip64 record that is elsewhere": (ending(end_records_64(2, TABLE_BYTES, TABLE_AT, END - 5)), "zip64"),
    "a name that is said to be UTF-8": (archive(A, Part(b"\xff.js", b"x", flags=1 << 11)), "not UTF-8"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_refused(case: str, tmp_path: Path) -> None:
    packed, reason = DAMAGED[case]
    with pytest.raises(Refused, match=reason) as refused:
        unpack(packed, ".zip", tmp_path)
    assert refused.value.code == "archive_invalid"


HONEST = {
    "as it is": GOOD,
    "with a comment": ending(end_record(2, TABLE_BYTES, TABLE_AT, b"made by hand")),
    "streamed": archive(*(described_after(p, signature=True, zip64=False) for p in (A, B))),
    "streamed without signatures": archive(*(described_after(p, signature=False, zip64=False) for p in (A, B))),
    "streamed in zip64": archive(*(described_after(p, signature=True, zip64=True) for p in (A, B))),
    "zip64 at the end": ending(end_records_64(2, TABLE_BYTES, TABLE_AT, END)),
    "zip64 at the files": archive(zip64_local(A), zip64_local(B)),
    "zip64 in the table": archive(zip64_listed(A, 0), zip64_listed(B, len(A.local_part()))),
    "folders": archive(Part(b"assets/", mode=0o40755, method=0), A, B),
    "the table in another order": archive(
        replace(B, listed={"offset": len(A.local_part())}), replace(A, listed={"offset": 0})
    ).replace(B.local_part() + A.local_part(), A.local_part() + B.local_part()),
}


@pytest.mark.parametrize("case", HONEST)
def test_what_programs_write_is_accepted(case: str, tmp_path: Path) -> None:
    files = unpack(HONEST[case], ".zip", tmp_path)
    assert {file.path: file.location.read_bytes() for file in files} == FILES


@pytest.mark.parametrize(
    ("method", "name"),
    [(12, "bzip2"), (14, "LZMA"), (9, "Deflate64"), (93, "Zstandard"), (98, "PPMd"), (50, "number 50")],
)
def test_other_methods_are_refused_by_their_names(method: int, name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        unpack(archive(A, replace(B, method=method)), ".zip", tmp_path)
    assert refused.value.code == "archive_invalid"
    assert name in refused.value.reason
    assert "zip -Z deflate" in refused.value.remedy


@pytest.mark.parametrize("bit", [0, 6, 13])
def test_encryption_is_refused(bit: int, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="encrypted"):
        unpack(archive(A, replace(B, flags=1 << bit)), ".zip", tmp_path)


def unicode_path(name: bytes, unicode: str, crc: int | None = None) -> bytes:
    field = struct.pack("<BL", 1, zlib.crc32(name) if crc is None else crc) + unicode.encode()
    return struct.pack("<2H", 0x7075, len(field)) + field


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        (Part("größe.svg".encode()), "größe.svg"),
        (Part("größe.svg".encode(), flags=1 << 11), "größe.svg"),
        (Part("größe.svg".encode("cp437")), "größe.svg"),
        (Part("größe.svg".encode("cp437"), made_on=0), "größe.svg"),
        (Part(b"gr__e.svg", extra=unicode_path(b"gr__e.svg", "größe.svg")), "größe.svg"),
        # The name was changed later, by a program that does not know the field.
        (Part(b"size.svg", extra=unicode_path(b"size.svg", "größe.svg", crc=7)), "size.svg"),
        (Part("日本.svg".encode(), flags=1 << 11, extra=b"\x75\x70\x01\x00\x01"), "日本.svg"),
        (Part(b"assets\\a.svg", made_on=0), "assets/a.svg"),
        (Part(b"assets\\a.svg", made_on=10), "assets/a.svg"),
    ],
)
def test_names_are_as_the_tools_show_them(part: Part, shown: str, tmp_path: Path) -> None:
    assert [file.path for file in unpack(archive(A, part), ".zip", tmp_path)] == ["widget.js", shown]


def test_a_backslash_in_a_name_of_unix_names_the_habit(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        unpack(archive(A, Part(b"assets\\a.svg")), ".zip", tmp_path)
    assert (refused.value.code, "between folders" in refused.value.remedy) == ("path_invalid", True)


def test_backslashes_do_not_climb_out(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        unpack(archive(A, Part(b"..\\a.svg", made_on=0)), ".zip", tmp_path)
    assert refused.value.code == "path_unsafe"


@pytest.mark.parametrize("options", [[], ["-0"], ["-fz"], ["-fd"]])
def test_what_zip_packs_is_read(options: list[str], tmp_path: Path) -> None:
    ZIP.require()
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "widget.js").write_bytes(b"1" * 5_000)
    (folder / "assets" / "größe.svg").write_bytes(b"<svg/>")
    subprocess.run(["zip", "-qr", *options, "../made.zip", "."], cwd=folder, check=True)
    packed = (tmp_path / "made.zip").read_bytes()
    files = {file.path: file.location.read_bytes() for file in unpack(packed, ".zip", tmp_path)}
    assert files == {"widget.js": b"1" * 5_000, "assets/größe.svg": b"<svg/>"}


class _Stream(io.RawIOBase):
    """Can't go back, so zipfile writes sizes behind the files."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self.written += bytes(data)
        return len(data)


@pytest.mark.parametrize("streamed", [False, True])
def test_what_python_packs_is_read(streamed: bool, tmp_path: Path) -> None:
    out = _Stream() if streamed else io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.mkdir("assets")
        with packed.open("assets/größe.svg", "w", force_zip64=True) as file:
            file.write(b"<svg/>" * 50_000)
        packed.writestr("widget.js", b"")
    whole = out.written if isinstance(out, _Stream) else out.getvalue()
    files = {file.path: file.size for file in unpack(whole, ".zip", tmp_path)}
    assert files == {"assets/größe.svg": 300_000, "widget.js": 0}
