"""No function holds a file whole: what a release's largest file costs in memory, from its archive to its probes.

The memory is the peak of a process of its own. Its S3 and its CDN are a server that keeps nothing but hashes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edgeship.application.versioning.check_upload import MAX_SCRIPTS
from edgeship.domain.releases.limits import DEFAULT_LIMITS, MIB
from tests.support.repository import ROOT

LIMIT = 256 * MIB
CDN_LIMIT = 128 * MIB
"""Of the function that probes; it has 512 MiB, and probes eight files at a time."""
BLOCK = bytes(range(256)) * 4096
LARGE = hashlib.sha256(BLOCK * (DEFAULT_LIMITS.file_bytes // MIB)).hexdigest()
SET_UP = """
import sys, pathlib, boto3, botocore.config
url, scratch = sys.argv[1:]
config = botocore.config.Config(s3={"addressing_style": "path"}, max_pool_connections=16)
keys = dict(aws_access_key_id="test", aws_secret_access_key="test")
s3 = boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config, **keys)
"""
ACCEPT = """
from datetime import UTC, datetime
from edgeship.adapters.archives.reader import ArchiveReader
from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.adapters.s3.inbox import S3Inbox
from edgeship.adapters.s3.site import S3Site
from edgeship.adapters.s3.source_maps import S3SourceMaps
from edgeship.application.releases.accept_upload import AcceptUpload
from edgeship.application.releases.inspect_archive import InspectArchive
from edgeship.application.releases.reject_upload import RejectUpload
from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.adapters.s3.surfaces import S3Surfaces
from edgeship.application.versioning.check_upload import CheckUpload
from edgeship.application.provenance.check_signature import CheckSignature
from edgeship.adapters.signing.verifying import verify
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.rejection import Upload
from tests.fakes.state import FakeState
inbox, state, now = S3Inbox(s3, "inbox"), FakeState(), datetime(2026, 11, 27, tzinfo=UTC)
surfaces = S3Surfaces(s3, "inbox")
accept = AcceptUpload(
    inbox=inbox, site=S3Site(s3, "site", 16), maps=S3SourceMaps(s3, "inbox"), surfaces=surfaces, state=state,
    environment="test",
    clock=lambda: now,
    check=CheckUpload(state, ScriptSurfaces(UPLOAD_BOUNDS), surfaces),
    inspect=InspectArchive(ArchiveReader(), JavaScriptParser(), Limits()),
    reject=RejectUpload(inbox, state, "test", lambda: now),
    signatures=CheckSignature(state, verify, required=False),
)
size = pathlib.Path(scratch, "archive").stat().st_size
upload = Upload("incoming/w/1.0.0.tgz", None, "etag", sequencer="1", size=size, uploaded_at=now, actor="ci")
print(accept(upload))
"""
PROBE = """
from concurrent.futures import ThreadPoolExecutor
from edgeship.adapters.http.web import UrllibWeb
from edgeship.adapters.s3.latest_copies import S3LatestCopies
web = UrllibWeb(url)
with ThreadPoolExecutor(8) as pool:
    print({answer.sha256 for answer in pool.map(web.get, ["/w/latest/large.bin"] * 8)})
print(S3LatestCopies(s3, "site", 300, 16).sha256("w", "large.bin"))
"""
PEAK = """
print(int(pathlib.Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024)
"""


@contextmanager
def server(archive: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Gives the archive, and the large file under any other name; takes what is put, and keeps its SHA-256 by key."""
    put: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if "list-type" in self.path:
                self._answer(b"<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")
            elif self.path.startswith("/inbox/"):
                self._answer(archive.read_bytes())
            else:
                self._answer(BLOCK, DEFAULT_LIMITS.file_bytes // MIB)

        def do_PUT(self) -> None:
            left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
            if self.headers.get("Expect"):
                self.send_response_only(100)
                self.end_headers()
            while left:
                part = self.rfile.read(min(left, MIB))
                left -= len(part)
                digest.update(part)
            put[self.path] = digest.hexdigest()
            self._answer(b"<CopyObjectResult/>")

        def _answer(self, body: bytes, times: int = 1) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) * times))
            self.end_headers()
            for _ in range(times):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{running.server_port}", put
        finally:
            running.shutdown()
            thread.join()


def largest(files: int, into: Path) -> None:
    """An archive of one file as large as may be, and of others. It is stored, so the ratio allows it."""
    with gzip.open(into, "wb", compresslevel=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        head = tarfile.TarInfo("large.bin")
        head.size = DEFAULT_LIMITS.file_bytes
        tar.addfile(head, _Repeated())
        for number in range(files - 2):
            tar.addfile(tarfile.TarInfo(f"{'folder/' * 60}{number:05}.js"))
        tar.addfile(tarfile.TarInfo("widget.js"))


class _Repeated(io.RawIOBase):
    def read(self, size: int = -1) -> bytes:
        return (BLOCK * (size // MIB + 1))[:size]


def run(script: str, url: str, scratch: Path) -> tuple[list[str], int]:
    ended = subprocess.run(
        [sys.executable, "-c", SET_UP + script + PEAK, url, str(scratch)],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "src:.", "TMPDIR": str(scratch)},
    )
    assert ended.returncode == 0, ended.stderr[-3_000:]
    *said, peak = ended.stdout.splitlines()
    print(f"{int(peak) / MIB:.0f} MiB")
    return said, int(peak)


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is Linux's")
@pytest.mark.parametrize("files", [10, pytest.param(DEFAULT_LIMITS.files, marks=pytest.mark.nightly)])
def test_an_upload_at_the_limits(files: int, tmp_path: Path) -> None:
    largest(files, tmp_path / "archive")
    with server(tmp_path / "archive") as (url, put):
        (said,), peak = run(ACCEPT, url, tmp_path)
    assert f"files={files}" in said
    # The manifest, the archive under accepted/, and the surface, if there are few enough scripts to read.
    assert len(put) == files + 2 + (files <= MAX_SCRIPTS)
    assert put["/site/w/v1.0.0/large.bin"] == LARGE
    assert peak <= LIMIT


@pytest.mark.skipif(sys.platform != "linux", reason="the peak is Linux's")
def test_its_probes(tmp_path: Path) -> None:
    with server(tmp_path / "archive") as (url, _):
        said, peak = run(PROBE, url, tmp_path)
    assert said == [str({LARGE}), LARGE]
    assert peak <= CDN_LIMIT
