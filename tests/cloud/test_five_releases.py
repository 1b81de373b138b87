"""A project goes through five releases by commands alone, from a commit to browsers."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from localcloud.state import LocalState, process_start, write_state
from tests.cli.command_line import CommandLine, Outcome
from tests.support.git_repository import Git, isolated
from tests.support.local_cloud.visitors import served

pytestmark = [pytest.mark.nightly, pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

PACKAGE = '{\n  "name": "@acme/scratch",\n  "version": "0.0.0",\n  "type": "module",\n  "main": "dist/scratch.js"\n}\n'
COPIES = "import shutil; shutil.rmtree('dist', True); shutil.copytree('src', 'dist')"
BUILD = shlex.join([sys.executable, "-c", COPIES])


def source(mark: str) -> str:
    return f"export const mark = {json.dumps(mark)};\n"


@pytest.fixture
def git(cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    for name, value in isolated({}).items():
        monkeypatch.setenv(name, value)
    for name in ("EDGESHIP_ENV", "EDGESHIP_URL"):
        monkeypatch.delenv(name, raising=False)
    made = Git.made(tmp_path / "scratch", {"package.json": PACKAGE, ".gitignore": "dist\n.edgeship\n"})
    made("init", "--quiet", "--bare", "--initial-branch=main", str(tmp_path / "remote.git"))
    made("remote", "add", "origin", "../remote.git")
    made("push", "--quiet", "--set-upstream", "origin", "main")
    monkeypatch.chdir(made.folder)
    write_state(
        STATE_PATH,
        LocalState(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            endpoint_url=cloud.endpoint_url,
            edge_url=cloud.edge_url,
            cloudflare_url=cloud.second_cdn_url,
            environment=cloud.names.environment,
            account=cloud.names.account,
            started_at="2026-11-23T10:00:00+00:00",
            logs=str(tmp_path),
        ),
    )
    return made


def test_five_releases(git: Git, cloud: LocalCloud, capsys: pytest.CaptureFixture[str]) -> None:
    command_line = CommandLine(capsys)

    def edgeship(*words: str) -> Outcome:
        done = command_line(*words)
        assert done.code == 0, done.err
        return done

    def release(mark: str, message: str, *more: str) -> str:
        """One release: commit, bump, tag and push, publish."""
        git.commit(message, {"src/scratch.js": source(mark)})
        version = edgeship("version", "bump", *more, "--json").document["version"]
        edgeship("version", "tag", "--push")
        published = edgeship("publish", "--build", BUILD, "--wait", "--json").document
        assert (published["widget"], published["version"]) == ("scratch", version)
        return str(version)

    edgeship("policy", "set", "scratch", "--steps", "100")
    assert release("one", "feat: a first widget", "1.0.0") == "1.0.0"
    assert release("two", "feat(ui): a colour") == "1.1.0"
    assert release("three", "fix: rounding") == "1.1.1"
    served(cloud, "/scratch/latest/scratch.js", source("three").encode())

    assert release("four", "feat!: another shape", "--pre", "rc") == "2.0.0-rc.1"
    edgeship("promote", "scratch", "2.0.0-rc.1", "--channel", "next", "--yes")
    assert release("five", "fix: another corner") == "2.0.0"
    edgeship("promote", "scratch", "2.0.0", "--yes")
    served(cloud, "/scratch/latest/scratch.js", source("five").encode())

    git("switch", "--quiet", "--create", "1.x", "v1.1.1")
    git("push", "--quiet", "--set-upstream", "origin", "1.x")
    assert release("hotfix", "fix: a hole") == "1.1.2"
    edgeship("promote", "scratch", "1.1.2", "--channel", "one", "--yes")

    served(cloud, "/scratch/~1/scratch.js", source("hotfix").encode())
    served(cloud, "/scratch/latest/scratch.js", source("five").encode())
    served(cloud, "/scratch/~2/scratch.js", source("five").encode())
    served(cloud, "/scratch/~next/scratch.js", source("four").encode())
    remote = Git(git.folder.parent / "remote.git")
    assert remote("tag").split() == ["v1.0.0", "v1.1.0", "v1.1.1", "v1.1.2", "v2.0.0", "v2.0.0-rc.1"]
    assert {remote("cat-file", "-t", tag) for tag in remote("tag").split()} == {"tag"}
    headings = [line[3:-13] for line in git("show", "main:CHANGELOG.md").split("\n") if line.startswith("## ")]
    assert headings[1:] == ["2.0.0", "2.0.0-rc.1", "1.1.1", "1.1.0", "1.0.0"]
    headings = [line[3:-13] for line in git("show", "1.x:CHANGELOG.md").split("\n") if line.startswith("## ")]
    assert headings[1:] == ["1.1.2", "1.1.1", "1.1.0", "1.0.0"]
    compared = command_line("version", "check", "scratch@1.1.1", "scratch@2.0.0", "--json")
    assert (compared.code, compared.document["declared"]) == (0, "major")
