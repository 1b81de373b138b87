"""`edgeship artifact`: the same bytes on every machine, and what `publish` uploads."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.releases.test_publish import arguments, git, packed, write
from tests.support.bundles import WIDGET
from tests.support.moto.aws import NAMES, Aws

FILES = {**WIDGET, "assets/café.js": b"export {};\n", "assets/" + "long" * 40 + ".css": b"", ".hidden": b"kept"}
ONE = {"LANG": "C.UTF-8", "TZ": "Asia/Kolkata", "PYTHONHASHSEED": "1", "USER": "ann", "SOURCE_DATE_EPOCH": "1"}
OTHER = {
    "LC_ALL": "C",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",  # so that the file system's encoding is ASCII
    "TZ": "America/St_Johns",
    "PYTHONHASHSEED": "2",
    "USER": "bob",
    "SOURCE_DATE_EPOCH": "1795428000",
}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    write(folder, WIDGET)
    return folder


def built(project: Path, seed: int) -> Path:
    """The build in a work tree of its own, its files written in another order, with other times and modes."""
    project.mkdir()
    git(project, "init", "--quiet")
    dated = {"GIT_COMMITTER_DATE": "2026-11-20T10:00:00+0530", "GIT_AUTHOR_DATE": "2026-11-20T10:00:00+0530"}
    identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(project), *identity, "commit", "-q", "--allow-empty", "-m", "feat: pay"]
    subprocess.run(command, check=True, env={**os.environ, **dated})
    names = sorted(FILES)
    random.Random(seed).shuffle(names)
    for name in names:
        write(project / "dist", {name: FILES[name]})
        (project / "dist" / name).chmod(0o600 if seed == 1 else 0o755)
        os.utime(project / "dist" / name, (seed * 10**8, seed * 10**8))
    return project / "dist"


def artifact_on(machine: dict[str, str], dist: Path, to: Path, umask: int) -> str:
    """What another process prints, under other settings of the machine."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    command = [sys.executable, "-c", "from edgeship.cli.main import run; run()", "artifact", str(dist), "-o", str(to)]
    done = subprocess.run(
        [*command, "--widget", "checkout", "--version", "1.0.0", "--json"],
        env={**kept, **machine, "HOME": str(to.parent)},
        capture_output=True,
        check=True,
        umask=umask,
        cwd=to.parent,
    )
    return str(json.loads(done.stdout)["archive_sha256"])


def test_two_machines_pack_the_same_bytes(tmp_path: Path) -> None:
    one, other = tmp_path / "one.tar.gz", tmp_path / "other.tgz"
    said = artifact_on(ONE, built(tmp_path / "a", 1), one, 0o077)
    assert artifact_on(OTHER, built(tmp_path / "b", 2), other, 0o002) == said
    assert one.read_bytes() == other.read_bytes()
    assert hashlib.sha256(one.read_bytes()).hexdigest() == said
    with tarfile.open(one) as tar:
        assert set(tar.getnames()) == {*FILES, "edgeship.json"}
        assert {(m.mode, m.mtime, m.uid, m.uname) for m in tar} == {(0o644, 0, 0, "")}


def test_it_shows_what_a_browser_and_a_reviewer_need(edgeship: CommandLine, dist: Path, tmp_path: Path) -> None:
    to = tmp_path / "checkout.tar.gz"
    done = edgeship("artifact", *arguments(dist)[1:], "-o", str(to), "--git-commit", "abcdef1", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship artifact")
    body = to.read_bytes()
    assert (done.document["archive_bytes"], done.document["git_commit"]) == (len(body), "abcdef1")
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(body))) as tar:
        member = tar.extractfile("edgeship.json")
        assert member is not None
        manifest = json.loads(member.read())
    shown = {f.pop("path"): f for f in done.document["files"]}
    assert shown == manifest["files"]
    assert (done.document["changes"], done.document["digest"]) == (manifest["changes"], done.document["digest"])
    text = edgeship("artifact", *arguments(dist)[1:]).out
    assert "not written" in text
    assert all(f["sri"] in text for f in manifest["files"].values())


def test_publish_uploads_exactly_these_bytes(edgeship: CommandLine, aws: Aws, dist: Path, tmp_path: Path) -> None:
    to = tmp_path / "checkout.tar.gz"
    said = edgeship("artifact", *arguments(dist)[1:], "-o", str(to), "--json").document
    for place in (str(dist), str(to)):
        done = edgeship("publish", place, "--widget", "checkout", "--version", "1.0.0", "--json")
        assert done.document["archive_sha256"] == said["archive_sha256"]
    lies = aws.s3.get_object(Bucket=NAMES.inbox_bucket, Key="incoming/checkout/1.0.0.tar.gz")["Body"].read()
    assert lies == to.read_bytes()
    assert packed(aws, "1.0.0")["widget"] == "checkout"


def test_an_artifact_says_its_own_name_and_facts(
    bare: CommandLine, dist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = tmp_path / "first.tar.gz", tmp_path / "again.tar.gz"
    assert bare("artifact", *arguments(dist)[1:], "-o", str(first)).code == 0
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795428000")
    done = bare("artifact", str(first), "-o", str(again), "--json")
    assert (done.code, done.document["widget"], done.document["version"]) == (0, "checkout", "1.0.0")
    assert done.document["version_from"] == f"{first}: edgeship.json"
    assert first.read_bytes() == again.read_bytes()


@pytest.mark.parametrize("to", ["dist/a.tar.gz", "missing/a.tar.gz", "a.zip"])
def test_where_no_archive_should_be(bare: CommandLine, dist: Path, tmp_path: Path, to: str) -> None:
    done = bare("artifact", *arguments(dist)[1:], "-o", str(tmp_path / to), "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert sorted(p.name for p in tmp_path.rglob("*.tar.gz*")) == []
