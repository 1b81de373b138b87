"""Mutated archives into the reader: python -m tests.adapters.archives.fuzz_archives [COUNT] [SEED].

What is accepted must be what other readers see: Python's tarfile and zipfile, `bsdtar`, and `tar` or `unzip`. What is
not accepted must be a refusal with a reason.
"""

from __future__ import annotations

import gzip
import io
import os
import random
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from edgeship.adapters.archives.tar_headers import BLOCK
from edgeship.domain.errors import Refused
from edgeship.domain.releases.bundle import clean_name
from tests.adapters.archives.unpacking import unpack
from tests.adapters.archives.zip_parts import Part, archive, described_after
from tests.support.bundles import WIDGET

Files = dict[str, bytes]
FILES = {**WIDGET, "assets/größe.svg": b"<svg/>", "a" * 60 + "/" + "long" * 20 + ".js": b"x" * 700, "empty.css": b""}


def tar(form: int) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as packed:
        folder = tarfile.TarInfo("assets")
        folder.type = tarfile.DIRTYPE
        packed.addfile(folder)
        for name, body in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            packed.addfile(info, io.BytesIO(body))
        link = tarfile.TarInfo("copy.js")
        link.type, link.linkname = tarfile.LNKTYPE, "widget.js"
        packed.addfile(link)
    return out.getvalue()


PARTS = [Part(name.encode(), body, method=8 if number % 2 else 0) for number, (name, body) in enumerate(FILES.items())]
ZIPS = [
    archive(Part(b"assets/", mode=0o40755, method=0), *PARTS),
    archive(*(described_after(part, signature=True, zip64=False) for part in PARTS)),
    archive(*(described_after(part, signature=False, zip64=True) for part in PARTS)),
]
TARS = [tar(tarfile.USTAR_FORMAT), tar(tarfile.GNU_FORMAT), tar(tarfile.PAX_FORMAT)]


def mutated(good: bytes, draw: random.Random) -> bytes:
    data = bytearray(good)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        at = draw.randrange(len(data))
        length = draw.choice((1, 4, 30, BLOCK, 2 * BLOCK))
        match draw.randrange(8):
            case 0:
                data[at] ^= 1 << draw.randrange(8)
            case 1:
                data[at] = draw.choice((0, 1, 0x7F, 0x80, 0xFF, ord("/"), ord("0")))
            case 2:
                del data[at:]
            case 3:
                del data[at : at + length]
            case 4:
                data[at:at] = data[at : at + length]
            case 5:
                data[at:at] = bytes(length)
            case 6:
                other = draw.randrange(len(data))
                data[at : at + length] = data[other : other + length]
            case _:
                block = at // BLOCK * BLOCK
                other = draw.randrange(len(data)) // BLOCK * BLOCK
                data[block : block + BLOCK] = data[other : other + BLOCK]
        data = data or bytearray(b"\0")
    return bytes(data)


def with_checksums(data: bytes) -> bytes:
    """A tar whose headers' checksums are right again, so that the mutation is met behind them."""
    fixed = bytearray(data)
    for at in range(0, len(fixed) - BLOCK + 1, BLOCK):
        if fixed[at + 257 : at + 262] == b"ustar":
            fixed[at + 148 : at + 156] = b" " * 8
            fixed[at + 148 : at + 156] = b"%06o\0 " % sum(fixed[at : at + BLOCK])
    return bytes(fixed)


def drawn(draw: random.Random) -> tuple[bytes, str]:
    if draw.random() < 0.5:
        return mutated(draw.choice(ZIPS), draw), ".zip"
    good = draw.choice(TARS)
    match draw.randrange(4):
        case 0:
            return mutated(gzip.compress(good, mtime=0), draw), ".tar.gz"
        case 1:
            return gzip.compress(mutated(good, draw), 1), ".tar.gz"
        case _:
            return gzip.compress(with_checksums(mutated(good, draw)), 1), ".tar.gz"


def by_tarfile(packed: bytes) -> Files:
    files: Files = {}
    with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as opened:
        for member in opened:
            if member.isdir():
                continue
            body = opened.extractfile(member)
            assert body is not None
            files[clean_name(member.name)] = body.read()
    return files


def by_zipfile(packed: bytes) -> Files:
    files: Files = {}
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        for info in opened.infolist():
            name = info.orig_filename
            if not info.flag_bits & 0x800:
                raw = name.encode("cp437")
                try:
                    name = raw.decode()
                except UnicodeDecodeError:
                    name = raw.decode("cp437")
            if info.create_system in (0, 6, 10, 14):
                name = name.replace("\\", "/")
            if not name.endswith("/"):
                files[clean_name(name)] = opened.read(info)
    return files


def by_program(packed: bytes, suffix: str, folder: Path) -> int:
    """How many files and folders `tar` or `unzip` lists; each of them checks the archive as a whole."""
    location = folder / f"listed{suffix}"
    location.write_bytes(packed)
    command = ["unzip", "-Z1", str(location)] if suffix == ".zip" else ["tar", "-tzf", str(location)]
    listed = subprocess.run(command, capture_output=True, check=False).stdout
    return len([line for line in listed.splitlines() if not line.endswith(b"/")])


def by_bsdtar(packed: bytes, suffix: str, folder: Path) -> Files:
    """What libarchive reads: `bsdtar` writes the archive's entries into a tar, and that is read."""
    location = folder / f"listed{suffix}"
    location.write_bytes(packed)
    done = subprocess.run(
        ["bsdtar", "-c", "--format=pax", "-f", "-", f"@{location}"],
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )
    return by_tarfile(gzip.compress(done.stdout, 1))


READERS: dict[str, Callable[[bytes], Files]] = {".zip": by_zipfile, ".tar.gz": by_tarfile}


def fuzz(count: int, seed: int, every: int = 1) -> Counter[str]:
    """Draw so many archives; returns how many ended in which way. Programs read one of `every` accepted archives, too.

    Raises:
        AssertionError: a file is missing, added or changed, a refusal has no reason, or something lies outside.
    """
    draw = random.Random(seed)
    endings: Counter[str] = Counter()
    for number in range(count):
        packed, suffix = drawn(draw)
        with tempfile.TemporaryDirectory(prefix="edgeship-fuzz-") as made:
            folder = Path(made)
            try:
                files = {file.path: file.location.read_bytes() for file in unpack(packed, suffix, folder)}
            except Refused as refused:
                endings[refused.code if _explains(refused) else "unexplained"] += 1
            else:
                endings["accepted"] += 1
                assert files == READERS[suffix](packed), f"archive {number} of seed {seed}"
                if endings["accepted"] % every == 0:
                    assert len(files) == by_program(packed, suffix, folder), f"archive {number} of seed {seed}"
                    assert files == by_bsdtar(packed, suffix, folder), f"archive {number} of seed {seed}"
            names = {location.relative_to(folder).as_posix() for location in folder.rglob("*")}
            stray = {name for name in names if not re.fullmatch(r"archive|files(/\d{6})?|listed\..*", name)}
            assert not stray, number
    assert not endings["unexplained"]
    return endings


def _explains(refused: Refused) -> bool:
    return bool(refused.reason and refused.remedy) and len(str(refused)) < 2_000


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    chosen = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(2**32)
    print(f"{wanted:,} archives, seed {chosen}: {dict(fuzz(wanted, chosen).most_common())}")
