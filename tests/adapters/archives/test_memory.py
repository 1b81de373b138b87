"""What the function does with an archive stays within 256 MiB and 120 seconds of CPU, whatever the archive holds.

The memory is the peak of the process and that of the largest process that it starts, libraries included. RLIMIT_DATA,
which counts what a process allocates (getrlimit(2)), ends one that would take more.
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
CPU_SECONDS = 120
INSPECT = """
import sys, pathlib, resource
import boto3  # which the function has loaded, too
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey
from edgeship.domain.releases.limits import Limits
inspect = InspectArchive(ArchiveReader(), JavaScriptParser(), Limits())
archive = pathlib.Path(sys.argv[1])
scratch = pathlib.Path(sys.argv[2])
try:
    print(len(inspect(archive, UploadKey.parse("incoming/w/1.0.0" + sys.argv[3]), "", scratch)[0]))
except Refused as refused:
    print(refused.code)
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
# ru_maxrss of this process is at least that of the one that started it.
status = pathlib.Path("/proc/self/status").read_text()
peak = int(status.partition("VmHWM:")[2].split()[0]) + used[1].ru_maxrss
print(peak * 1024, sum(u.ru_utime + u.ru_stime for u in used))
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


def scripts(unit: bytes) -> bytes:
    """The entrypoint and further scripts that may import it, each as costly as a parse may be."""
    costly = b"await;import'./widget.js';" + unit * (4 * MIB // len(unit) - 10)
    return tar_gz({"widget.js": costly, **{f"{n}.js": costly for n in range(20)}, "pad.bin": PAD})


PAD = random.Random(2).randbytes(4 * MIB)
"""So that the ratio allows the rest."""


def names_at_the_limits() -> bytes:
    """5,000 files with names of 512 bytes, which Python holds in four bytes a character."""
    return tar_gz({f"{n:05}\U0001f600" + "x" * 500 + ".js": b"" for n in range(4_999)} | {"widget.js": b"1"})


def specifiers() -> bytes:
    strings = b"'./%'," * (4 * MIB // 6)
    return tar_gz({"widget.js": b"export{};", **{f"{n}.js": strings for n in range(40)}, "pad.bin": PAD})


def pax_records() -> bytes:
    """Each entry has a header of 64 KiB with as many records as it can hold."""
    body = b"5 a=\n" * 13_000
    head = tarfile.TarInfo("x")
    head.type, head.size = tarfile.XHDTYPE, len(body)
    entry = head.tobuf(tarfile.USTAR_FORMAT) + body + bytes(-len(body) % 512)
    return gzip.compress(b"".join(entry + tarfile.TarInfo(f"{n:05}").tobuf() for n in range(1_000)), 1)


def zip_at_the_limits() -> bytes:
    extra = b"".join(struct.pack("<HH", n, 0) for n in range(1_000, 1_180))
    return archive(*(Part(b"%05d" % n + b"x" * 40, method=0, extra=extra) for n in range(9_000)))


CASES: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a bomb of gzip members": (bomb, ".tgz", "ratio_too_high|archive_invalid"),
    "paths of 240 folders": (deep_paths, ".tgz", "too_many_files"),
    "names of 2,000 bytes": (long_names_in_zip, ".zip", "path_invalid"),
    "a script of 24 MiB": (large_script, ".tgz", "kind_unknown"),
    "scripts of labels": (lambda: scripts(b"a:"), ".tgz", "kind_unknown"),
    "modules of labels": (lambda: scripts(b"import'./widget.js';" + b"a:" * 9), ".tgz", "22|kind_unknown"),
    "modules of calls": (lambda: scripts(b"a()"), ".tgz", "kind_unknown"),
    "names at the limits": (names_at_the_limits, ".tgz", "5000"),
    "paths that may be imports": (specifiers, ".tgz", "42"),
    "records in pax headers": (pax_records, ".tgz", "archive_invalid"),
    "a zip at the limits": (zip_at_the_limits, ".zip", "too_many_files|entrypoint_missing"),
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
        timeout=280,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src"},
    )
    outcome, used = ended.stdout.splitlines() or ("", "0 0")
    assert outcome in expected.split("|"), ended.stderr[-2_000:]
    memory, seconds = map(float, used.split())
    print(f"{case}: {memory / MIB:.0f} MiB, {seconds:.0f} s")
    assert memory <= LIMIT
    assert seconds <= CPU_SECONDS
