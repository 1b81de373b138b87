"""edgeship publish in the folder of a project: the project says what is left out."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.releases.test_publish import packed
from tests.support.git_repository import Git, isolated
from tests.support.moto.aws import NAMES, Aws

BUILD = "import pathlib; pathlib.Path('dist').mkdir(); pathlib.Path('dist/widget.js').write_text('export {}')"
CHANGELOG = (
    "# Changelog\n\n## Unreleased\n\n- Later\n\n## [1.1.0] - 2026-11-27\n\n### Added\n\n- A colour,\n  for all\n\n"
)
CHANGELOG += "### Changed\n\n- **Breaking:** `mount` is gone\n\n### Fixed\n\n- Rounding\n\n## 1.0.0\n\n- First\n"


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """A project with its first release tagged, in this folder."""
    for name, value in isolated({}).items():
        monkeypatch.setenv(name, value)
    package = json.dumps({"name": "checkout", "version": "1.0.0"})
    made = Git.made(tmp_path / "project", {"package.json": package, ".gitignore": "dist"})
    made("tag", "--annotate", "--message=x", "v1.0.0")
    made.write({"dist/widget.js": "export {}"})
    monkeypatch.chdir(made.folder)
    return made


def stated(version: str | None) -> str:
    return json.dumps({"name": "checkout", **({"version": version} if version else {})})


def test_the_folder_is_found_and_built(edgeship: CommandLine, git: Git) -> None:
    (git.folder / "dist" / "widget.js").unlink()
    (git.folder / "dist").rmdir()
    assert edgeship("publish").code == 2
    done = edgeship("publish", "--build", f'{sys.executable} -c "{BUILD}"', "--json")
    assert done.code == 0, done.err
    assert (done.document["widget"], done.document["version"]) == ("checkout", "1.0.0")
    assert (done.document["watch"], done.document["roll_back"]) == (
        "edgeship status checkout",
        "edgeship rollback checkout",
    )


@pytest.mark.parametrize(
    ("command", "code"),
    # No shell reads it, so the last is no program.
    [("false", 1), ("no-such-program --now", 2), ("", 2), ("echo 'open", 2), ("true; rm -r dist", 2)],
)
def test_a_build_that_fails_uploads_nothing(edgeship: CommandLine, git: Git, aws: Aws, command: str, code: int) -> None:
    assert edgeship("publish", "--build", command).code == code
    assert (git.folder / "dist").exists()
    assert aws.objects(NAMES.inbox_bucket) == {}


def test_what_a_build_prints_is_no_result(edgeship: CommandLine, git: Git) -> None:
    done = edgeship("publish", "--build", "echo built", "--json")
    assert done.document["version"] == "1.0.0"


def test_the_changelog_says_what_changed(edgeship: CommandLine, git: Git, aws: Aws) -> None:
    git.commit("feat: of the commits", {"package.json": stated("1.1.0"), "CHANGELOG.md": CHANGELOG})
    shown = edgeship("publish", "--dry-run")
    assert "features, public in the manifest: A colour, for all\n" in shown.out
    assert edgeship("publish").code == 0
    assert packed(aws, "1.1.0")["changes"] == {
        "breaking": ["`mount` is gone"],
        "features": ["A colour, for all"],
        "fixes": ["Rounding"],
    }


def test_without_a_changelog_the_commits_since_the_last_release_say_it(
    edgeship: CommandLine, git: Git, aws: Aws
) -> None:
    git.commit("feat(ui): a colour")
    git.commit("docs: a page")
    git.commit("fix: rounding", {"package.json": stated("1.1.0")})
    assert edgeship("publish").code == 0
    changes = {"breaking": [], "features": ["ui: a colour"], "fixes": ["rounding"]}
    assert packed(aws, "1.1.0")["changes"] == changes


def test_changes_that_are_stated_come_first(edgeship: CommandLine, git: Git, aws: Aws) -> None:
    git.commit("feat: a colour", {"package.json": stated("1.1.0")})
    git.write({"dist/edgeship.json": json.dumps({"changes": {"fixes": ["As declared"]}})})
    assert edgeship("publish").code == 0
    assert packed(aws, "1.1.0")["changes"]["fixes"] == ["As declared"]
    assert packed(aws, "1.1.0")["changes"]["features"] == []


def test_without_a_version_the_tags_say_it(edgeship: CommandLine, git: Git) -> None:
    git.commit("chore: no version", {"package.json": stated(None)})
    sha = git.commit("feat: a colour")
    done = edgeship("publish", "--json")
    assert done.code == 0, done.err
    assert done.document["version"] == f"1.0.1-dev.2.g{sha[:10]}"
    assert done.document["version_from"] == "git's tags"
    git("tag", "--annotate", "--message=x", "v1.1.0")
    assert edgeship("publish", "--json").document["version"] == "1.1.0"
    git.write({"package.json": stated(None) + "\n"})
    refused = edgeship("publish", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "dirty_tree")


def test_a_project_without_tags_or_without_git(edgeship: CommandLine, git: Git) -> None:
    git("tag", "--delete", "v1.0.0")
    sha = git.commit("chore: no version", {"package.json": stated(None)})
    assert edgeship("publish", "--json").document["version"] == f"0.0.0-dev.2.g{sha[:10]}"
    outside = git.folder.parent / "outside"
    outside.mkdir()
    (outside / "widget.js").write_text("export {}")
    assert edgeship("publish", str(outside), "--widget", "checkout").code == 2
