"""A tar archive in which something is missing, moved or added is refused: never a smaller release."""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from edgeship.domain.errors import Refused
from tests.adapters.archives.unpacking import unpack
from tests.support.bundles import member, tar_members

FILES = {"widget.js": b"import './chunk.js';\n", "chunk.js": b"export {};\n"}
GOOD = gzip.decompress(tar_members([member(name, body) for name, body in FILES.items()]))
SECOND = 1024
"""Where the second file's header begins: each file of the archive has a block of content."""
END = 2048


def header(name: str, kind: bytes, size: int = 0, **fields: object) -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    for field, value in fields.items():
        setattr(info, field, value)
    return info.tobuf(tarfile.GNU_FORMAT)


def extended(kind: bytes, body: bytes) -> bytes:
    return header("x", kind, len(body)) + body + bytes(-len(body) % 512)


def pax(**records: str) -> bytes:
    lines = b""
    for key, value in records.items():
        rest = f" {key}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length += 1
        lines += str(length).encode() + rest
    return lines


def with_field(place: slice, value: bytes) -> bytes:
    """The archive with another field in its second header, whose checksum is right."""
    block = GOOD[SECOND : SECOND + 512]
    return GOOD[:SECOND] + with_bytes(block, place.start, value) + GOOD[SECOND + 512 :]


def with_bytes(block: bytes, at: int, value: bytes) -> bytes:
    """A header with other bytes, whose checksum is right."""
    changed = bytearray(block)
    changed[at : at + len(value)] = value
    changed[148:156] = b" " * 8
    changed[148:156] = b"%06o\0 " % sum(changed)
    return bytes(changed)


def with_size(field: bytes) -> bytes:
    return with_field(slice(124, 136), field)


def with_bit_flipped(at: int) -> bytes:
    return GOOD[:at] + bytes([GOOD[at] ^ 1]) + GOOD[at + 1 :]


TAIL = bytes(1024)
BODY = header("widget.js", b"0", 1) + b"x" + bytes(511)
DAMAGED = {
    "a bit of a name": (with_bit_flipped(SECOND), "checksum"),
    "a bit of a checksum": (with_bit_flipped(SECOND + 150), "checksum"),
    "a bit of an end-of-archive block": (with_bit_flipped(END + 100), "checksum"),
    "cut between two files": (GOOD[:SECOND], "end-of-archive"),
    "cut before the end": (GOOD[:END], "end-of-archive"),
    "one end-of-archive block": (GOOD[: END + 512], "one end-of-archive block"),
    "cut in a header": (GOOD[: SECOND + 100], "truncated"),
    "cut in a file": (GOOD[: SECOND + 520], "truncated"),
    "a second archive behind the end": (GOOD + GOOD, "after its end"),
    "a byte behind the end": (GOOD + b"\1", "after its end"),
    "zeros without end": (GOOD + bytes(2 << 20), "after its end"),
    "a negative size": (with_size(b"\xff" * 12), "negative"),
    "a size that is no number": (with_size(b"0000000001x\0"), "negative, or none"),
    "a time that is no number": (with_field(slice(136, 148), b"yesterday   "), "negative, or none"),
    "a size beyond the archive": (with_size(b"\x80" + bytes(7) + (100_000).to_bytes(4, "big")), "truncated"),
    "a sparse file's map": (with_bytes(BODY[:512], 386, b"00000000001\0") + BODY[512:] + TAIL, "no known format"),
    "a sparse file's size": (with_bytes(BODY[:512], 483, b"00000000001\0") + BODY[512:] + TAIL, "no known format"),
    "a folder with content": (header("a", b"5", 512) + bytes(512) + TAIL, "content"),
    "a hard link with content": (BODY + header("a", b"1", 512, linkname="widget.js") + bytes(512) + TAIL, "content"),
    "pax headers in a row": (extended(b"x", pax(path="a.js")) * 1_000 + BODY + TAIL, "two extended headers"),
    "long names in a row": (extended(b"L", b"a.js\0") * 1_000 + BODY + TAIL, "two extended headers"),
    "global headers in a row": (extended(b"g", pax(comment="x")) * 1_000 + BODY + TAIL, "global headers"),
    "a long name and a pax path": (extended(b"L", b"a\0") + extended(b"x", pax(path="b")) + BODY + TAIL, "name it"),
    "a global path": (extended(b"g", pax(path="a.js")) + BODY + TAIL, "global header"),
    "an extended header at the end": (BODY + extended(b"x", pax(path="a.js")) + TAIL, "no entry after it"),
    "a pax record that is too short": (extended(b"x", b"9 path=a.js\n") + BODY + TAIL, "length"),
    "a pax record that is too long": (extended(b"x", b"99 path=a.js\n") + BODY + TAIL, "length"),
    "a pax record of no length": (extended(b"x", b"0 path=a.js\n") + BODY + TAIL, "length"),
    "a pax size that is negative": (extended(b"x", pax(size="-1")) + BODY + TAIL, "no number"),
    "a pax header of 100 KB": (extended(b"x", pax(comment="x" * 100_000)) + BODY + TAIL, "limit"),
    "a long name with more behind it": (extended(b"L", b"a.js\0b.js\0") + BODY + TAIL, "behind it"),
    "a long name without its end": (extended(b"L", b"a.js") + BODY + TAIL, "no end"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damage_is_refused(case: str, tmp_path: Path) -> None:
    archive, reason = DAMAGED[case]
    with pytest.raises(Refused) as refused:
        unpack(gzip.compress(archive), ".tar.gz", tmp_path)
    assert refused.value.code == "archive_invalid"
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("packed", "reason"),
    [
        (gzip.compress(GOOD) + b"\0", "not gzip"),
        (gzip.compress(GOOD) + b"hello", "not gzip"),
        (gzip.compress(GOOD) + gzip.compress(GOOD), "after its end"),
        (gzip.compress(GOOD)[:-1], "truncated"),
        (gzip.compress(GOOD)[:-8] + bytes(8), "damaged"),
        (gzip.compress(GOOD[:1000]) + gzip.compress(GOOD[1000:])[:-4], "truncated"),
        (b"".join(gzip.compress(GOOD[i : i + 1]) for i in range(0, len(GOOD), 1)), "gzip members"),
    ],
    ids=["a zero", "text", "an archive", "cut", "checksum", "second member cut", "members without end"],
)
def test_gzip_ends_with_its_last_member(packed: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        unpack(packed, ".tar.gz", tmp_path)
    assert refused.value.code == "archive_invalid"
    assert reason in refused.value.reason


HONEST = {
    "as it is": GOOD,
    "without the padding of the last record": GOOD[: END + 1024],
    "a large record": GOOD[: END + 1024] + bytes(1 << 20),
    "global headers, as git archive writes them": extended(b"g", pax(comment="0123abc")) + GOOD,
    "a long link's header": extended(b"K", b"y" * 200 + b"\0") + GOOD,
    "a pax header with times and a size": extended(b"x", pax(mtime="1.5", size=str(len(FILES["widget.js"])))) + GOOD,
    "sizes in base 256": with_size(b"\x80" + bytes(10) + bytes([len(FILES["chunk.js"])])),
    "folders": header("./", b"5") + header("./assets/", b"5") + GOOD,
}


@pytest.mark.parametrize("case", HONEST)
def test_what_programs_write_is_accepted(case: str, tmp_path: Path) -> None:
    files = unpack(gzip.compress(HONEST[case]), ".tar.gz", tmp_path)
    assert {file.path: file.location.read_bytes() for file in files} == FILES


def test_several_gzip_members_are_one_archive(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD[:700]) + gzip.compress(b"") + gzip.compress(GOOD[700:])
    assert [file.path for file in unpack(packed, ".tgz", tmp_path)] == list(FILES)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_form_is_read(form: int, tmp_path: Path) -> None:
    # 155 and 100 bytes are the most that ustar can write.
    names = ["a" * 99 + ".js"[:1], "f" * 120 + "/" + "n" * 90 + ".js"]
    names += [] if form == tarfile.USTAR_FORMAT else ["größe/" + "x" * 150 + ".js"]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", format=form) as tar:
        for name in names:
            info = tarfile.TarInfo(name)
            info.size = 3
            tar.addfile(info, io.BytesIO(b"abc"))
    assert [file.path for file in unpack(out.getvalue(), ".tgz", tmp_path)] == names


@pytest.mark.parametrize(
    "option", ["--format=v7", "--format=oldgnu", "--format=gnu", "--format=ustar", "--format=posix"]
)
def test_what_tar_packs_is_read_with_its_hard_links(option: str, tmp_path: Path) -> None:
    program = shutil.which("tar")
    assert program
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "widget.js").write_bytes(b"1")
    (folder / "assets" / "a.js").write_bytes(b"a" * 1_000)
    (folder / "assets" / "b.js").hardlink_to(folder / "assets" / "a.js")
    packed = subprocess.run(
        [program, option, "--dereference", "-czf", "-", "-C", str(folder), "."], capture_output=True, check=True
    ).stdout
    files = {file.path: file.location.read_bytes() for file in unpack(packed, ".tar.gz", tmp_path)}
    assert files == {"widget.js": b"1", "assets/a.js": b"a" * 1_000, "assets/b.js": b"a" * 1_000}


def test_copies_of_a_hard_link_count_to_the_bytes(tmp_path: Path) -> None:
    body = b"x" * (20 << 20)
    links = [member(f"{n}.js", type=tarfile.LNKTYPE, linkname="a.js") for n in range(100)]
    with pytest.raises(Refused) as refused:
        unpack(tar_members([member("a.js", body), *links]), ".tgz", tmp_path)
    assert refused.value.code == "ratio_too_high"


def test_a_hard_link_without_its_file_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        unpack(tar_members([member("w.js", type=tarfile.LNKTYPE, linkname="a.js")]), ".tgz", tmp_path)
    assert refused.value.code == "entry_kind"
    assert "--hard-dereference" in refused.value.remedy


def test_a_name_that_is_not_utf_8_is_cut_in_the_reason(tmp_path: Path) -> None:
    archive = extended(b"L", b"\xff" * 60_000 + b"\0") + BODY + TAIL
    with pytest.raises(Refused) as refused:
        unpack(gzip.compress(archive), ".tar.gz", tmp_path)
    assert refused.value.code == "path_invalid"
    assert len(str(refused.value)) < 1_000
