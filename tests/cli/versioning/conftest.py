from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.git_repository import Git, isolated

PACKAGE = '{\n  "name": "@acme/checkout",\n  "version": "0.0.0",\n  "type": "module"\n}\n'


@pytest.fixture(autouse=True)
def isolated_git(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in isolated({}).items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Repositories that tests get copies of: `begun`, and `released` with its `remote.git`."""
    folder = tmp_path_factory.mktemp("repositories")
    Git.made(folder / "begun", {"package.json": PACKAGE})
    shutil.copytree(folder / "begun", folder / "released")
    git = Git(folder / "released")
    git.write({"package.json": PACKAGE.replace("0.0.0", "1.0.0"), "widget.js": "export const a = 1;\n"})
    git.commit("feat: a first widget")
    git("tag", "--annotate", "--message=1.0.0", "v1.0.0")
    git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "remote.git"))
    git("remote", "add", "origin", "../remote.git")
    git("push", "--quiet", "--set-upstream", "origin", "main", "v1.0.0")
    return folder


@pytest.fixture
def git(templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A new repository with a package, in this folder."""
    shutil.copytree(templates / "begun", tmp_path / "repository")
    monkeypatch.chdir(tmp_path / "repository")
    return Git(tmp_path / "repository")


@pytest.fixture
def released(templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """The same, with its first release tagged, and a remote that has both."""
    shutil.copytree(templates / "released", tmp_path / "repository")
    shutil.copytree(templates / "remote.git", tmp_path / "remote.git")
    monkeypatch.chdir(tmp_path / "repository")
    return Git(tmp_path / "repository")
