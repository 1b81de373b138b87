"""What a build compressed ahead is served by Accept-Encoding, on the local cloud, to curl and to plain HTTP."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import subprocess
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path

import brotli
import pytest

from edgeship.domain.releases.limits import MIB
from edgeship.local.cloud import LocalCloud
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import eventually, put

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

ENTRY = b"export default 1;\n"
LARGE = b"".join(b"export const a%06d = %d;\n" % (n, n * 7919) for n in range(500_000))
"""More than what CloudFront compresses itself."""
BR, GZ = brotli.compress(LARGE, quality=3), gzip.compress(LARGE, 6, mtime=0)
ONLY_GZ = b"body { color: red }\n" * 2_000
FOLDER = "/ahead/v1.0.0/"


def asked(cloud: LocalCloud, path: str, encoding: str | None, **headers: str) -> tuple[int, Message, bytes]:
    request = urllib.request.Request(cloud.edge_url + path, headers=headers)
    if encoding is not None:
        request.add_header("Accept-Encoding", encoding)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="module")
def published(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalCloud:
    assert len(LARGE) > 10 * MIB
    files = {
        "widget.js": ENTRY,
        "large.js": LARGE,
        "large.js.br": BR,
        "large.js.gz": GZ,
        "a.css": ONLY_GZ,
        "a.css.gz": gzip.compress(ONLY_GZ, 9),
        "alone.js.br": b"no brotli",
    }
    put(cloud, tmp_path_factory.mktemp("ahead"), "ahead", "1.0.0", tar_gz(files))

    def served() -> bool | None:
        try:
            return asked(cloud, FOLDER + "manifest.json", None)[0] == 200 or None
        except OSError:
            return None

    eventually(served, 120)
    return cloud


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        ("gzip, deflate, br, zstd", "br", BR),
        ("br", "br", BR),
        ("br;q=0.5, gzip;q=1.0", "br", BR),
        ("gzip", "gzip", GZ),
        ("gzip, br;q=0", "gzip", GZ),
        ("GZIP", "gzip", GZ),
        (None, None, LARGE),
        ("identity", None, LARGE),
        ("deflate, zstd", None, LARGE),
        ("br;q=0", None, LARGE),
        ("", None, LARGE),
    ],
)
def test_by_accept_encoding(published: LocalCloud, accepted: str | None, encoding: str | None, body: bytes) -> None:
    for cached in (False, True):
        status, headers, got = asked(published, FOLDER + "large.js", accepted)
        assert (status, headers["Content-Encoding"], hashlib.sha256(got).digest()) == (
            200,
            encoding,
            hashlib.sha256(body).digest(),
        ), cached
        assert headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert headers["Vary"] == "Accept-Encoding"
        assert headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert headers["x-amz-meta-version"] == "1.0.0"
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert headers["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'


def test_without_a_sibling_of_its_coding_a_file_is_itself(published: LocalCloud) -> None:
    # No .br: who takes gzip gets that, and who does not gets what CloudFront makes of the file.
    assert asked(published, FOLDER + "a.css", "br, gzip")[1]["Content-Encoding"] == "gzip"
    assert gzip.decompress(asked(published, FOLDER + "a.css", "gzip, br")[2]) == ONLY_GZ
    assert asked(published, FOLDER + "a.css", "br")[2] == ONLY_GZ
    status, headers, body = asked(published, FOLDER + "widget.js", "gzip, br")
    assert (status, headers["Content-Encoding"], body) == (200, None, ENTRY)
    # The sibling is a file as well, and what has no original is only that.
    status, headers, body = asked(published, FOLDER + "large.js.br", "gzip, br")
    assert (headers["Content-Encoding"], body) == (None, BR)
    assert asked(published, FOLDER + "alone.js.br", "br")[2] == b"no brotli"


def test_a_range_is_of_the_plain_file_and_spoils_no_cache(published: LocalCloud) -> None:
    status, headers, body = asked(published, FOLDER + "large.js", "gzip, br", Range="bytes=10-19")
    assert (status, headers["Content-Encoding"], body) == (206, None, LARGE[10:20])
    assert asked(published, FOLDER + "large.js", "gzip, br")[2] == BR


def test_a_revalidation_is_of_the_same_coding(published: LocalCloud) -> None:
    _, headers, _ = asked(published, FOLDER + "large.js", "br")
    with pytest.raises(urllib.error.HTTPError) as unchanged:
        asked(published, FOLDER + "large.js", "br", **{"If-None-Match": headers["ETag"]})
    unchanged.value.close()
    assert unchanged.value.code == 304
    assert asked(published, FOLDER + "large.js", None, **{"If-None-Match": headers["ETag"]})[0] == 200


def test_what_is_missing_is_missing_for_everybody(published: LocalCloud) -> None:
    for path in ("missing.js", "../../_encoded/br" + FOLDER + "large.js"):
        with pytest.raises(urllib.error.HTTPError) as missing:
            asked(published, FOLDER + path, "gzip, br")
        missing.value.close()
        assert missing.value.code == 404


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
@pytest.mark.parametrize("moving", [False, True])
def test_curl_decodes_it(published: LocalCloud, moving: bool, tmp_path: Path) -> None:
    folder = "/ahead/latest/" if moving else FOLDER
    url = f"{published.edge_url}{folder}large.js"

    def fetched() -> bytes | None:
        done = subprocess.run(
            ["curl", "-sSfL", "--compressed", "-o", str(tmp_path / "got"), "-w", "%{size_download}", url],
            capture_output=True,
            check=False,
        )
        return done.stdout if done.returncode == 0 else None

    downloaded = int(eventually(fetched, 60))
    assert downloaded in (len(BR), len(GZ))
    assert (tmp_path / "got").read_bytes() == LARGE
