"""What the function does with an archive stays within 256 MiB, whatever the archive holds: under a limit.

RLIMIT_DATA counts what a process allocates, and not the libraries that it maps (getrlimit(2)).
"""

from __future__ import annotations

import gzip
import os
import random
import resource
import struct
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.adapters.archives.zip_parts import Part, archive
from tests.support.bundles import member, tar_gz, tar_members
from tests.support.repository import ROOT

MIB = 1024 * 1024
LIMIT = 256 * MIB
INSPECT = """
import sys, pathlib
import boto3  # which the function has loaded, too
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.bundle import Limits
inspect = InspectArchive(ArchiveReader(), JavaScriptParser(), Limits(files=5_000, file_bytes=100 << 20))
archive = pathlib.Path(sys.argv[1])
scratch = pathlib.Path(sys.argv[2])
try:
    print(len(inspect(archive, UploadKey.parse("incoming/w/1.0.0" + sys.argv[3]), "", scratch)[0]))
except Refused as refused:
    print(refused.code)
"""


def bomb() -> bytes:
    zeros = gzip.compress(bytes(16 * MIB), 9)
    head = tarfile.TarInfo("widget.js")
    head.size = 90 * MIB
    return gzip.compress(head.tobuf()) + zeros * (24 * MIB // len(zeros))


def deep_paths() -> bytes:
    folders = "/".join("abcdefgh"[n % 8] for n in range(240))
    return tar_gz({f"{n:05}/{folders}/x.js": b"" for n in range(4_000)})


def long_names_in_zip() -> bytes:
    return archive(*(Part(b"%05d" % n + b"x" * 2_000, method=0) for n in range(1_000)))


def large_script() -> bytes:
    source = random.Random(1).randbytes(12 * MIB).hex().encode()
    return tar_members([member("widget.js", b'export const wasm = "' + source + b'";')])


def manifest_of(body: bytes) -> bytes:
    return tar_gz({"widget.js": b"1", "edgeship.json": body + random.Random(1).randbytes(60_000).hex().encode()})


CASES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a bomb of gzip members": (bomb, ".tgz", "ratio_too_high|archive_invalid"),
    "paths of 240 folders": (deep_paths, ".tgz", "too_many_files"),
    "names of 2,000 bytes": (long_names_in_zip, ".zip", "path_invalid"),
    "a script of 24 MiB": (large_script, ".tgz", "1"),
    "objects in edgeship.json": (lambda: manifest_of(b"[" + b"{}," * 1_600_000), ".tgz", "declaration_invalid"),
    "fields in edgeship.json": (
        lambda: manifest_of(b"{" + b",".join(b'"%d":1' % n for n in range(400_000)) + b'} "'),
        ".tgz",
        "declaration_invalid",
    ),
    "a pax header of 1 GiB": (
        lambda: gzip.compress(struct.pack("100x24x12s", b"10000000000\0") + bytes(376)),
        ".tgz",
        "archive_invalid",
    ),
}


EACH_RUN = {"a bomb of gzip members", "objects in edgeship.json"}
"""A process takes seconds to start."""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit counts only Linux's mappings")
@pytest.mark.parametrize(
    "case", [case if case in EACH_RUN else pytest.param(case, marks=pytest.mark.nightly) for case in CASES]
)
def test_memory_is_bounded(case: str, tmp_path: Path) -> None:
    make, suffix, expected = CASES[case]
    packed = tmp_path / "packed"
    packed.write_bytes(make())
    assert packed.stat().st_size <= 25 * MIB
    (tmp_path / "scratch").mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", INSPECT, str(packed), str(tmp_path / "scratch"), suffix],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (LIMIT, LIMIT)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    assert ended.stdout.strip() in expected.split("|"), ended.stderr[-2_000:]
