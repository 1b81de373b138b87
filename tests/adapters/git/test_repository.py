"""What git and git-cliff say of a real repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.adapters.git.repository import GitRepository
from edgeship.domain.errors import Refused
from edgeship.domain.versioning.levels import Level
from tests.support.git_repository import Git, isolated

FOOTER = "feat(ui): an option\n\nMore of it.\n\nBREAKING CHANGE: the old option\n is gone\nRefs: #12\n"
MESSAGES = {
    "fix: rounding": ("fix", Level.PATCH),
    "perf(core): faster": ("perf", Level.PATCH),
    "FEAT(ui): a colour": ("feat", Level.MINOR),
    "feature(ui): is no type of ours": ("other", None),
    "docs: a page": ("other", None),
    "feat(api)!: another shape": ("feat", Level.MAJOR),
    "chore!: drop old browsers": ("other", Level.MAJOR),
    FOOTER: ("feat", Level.MAJOR),
    FOOTER.replace("BREAKING CHANGE", "BREAKING-CHANGE"): ("feat", Level.MAJOR),
    FOOTER.replace("\n", "\r\n"): ("feat", Level.MAJOR),
    "fix: says breaking change: none in the text": ("fix", Level.PATCH),
    "words of no form": ("", None),
    "feature request: none": ("", None),
    "feat missing colon": ("", None),
    ": fix": ("", None),
    'fix: "$(touch hacked)" `touch hacked` {{ 1 }} {% raw %} --exec=x \x1b[31m': ("fix", Level.PATCH),
    "fix: ünïcode — 漢字 🎉": ("fix", Level.PATCH),
    "revert: feat: a colour\n\nRefs: 676104e, a215868": ("revert", Level.PATCH),
    f"fix: {'long ' * 5_000}": ("fix", Level.PATCH),
}


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in isolated({}).items():
        monkeypatch.setenv(name, value)


def test_messages_are_read_as_conventional_commits(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "repository", {"a": "1", "cliff.toml": "no toml"})
    for message in MESSAGES:
        git.commit(message)
    read = GitRepository(git.folder).commits(None, "")[::-1][1:]
    assert [(commit.kind, commit.level) for commit in read] == list(MESSAGES.values())
    footer = read[list(MESSAGES).index(FOOTER)]
    assert (footer.scope, footer.summary, footer.breaking) == ("ui", "an option", "the old option\n is gone")
    revert = next(commit for commit in read if commit.kind == "revert")
    assert revert.reverted == {"676104e", "a215868"}
    assert not list(tmp_path.rglob("hacked"))


def test_names_that_mean_something_to_git_are_names(tmp_path: Path) -> None:
    odd = ":(glob)**", "--all", "a\nb", "*"
    git = Git.made(tmp_path / "repository", {f"{name}/x": "1" for name in odd} | {"other": "1"})
    repository = GitRepository(git.folder)
    for name in odd:
        git.write({f"{name}/x": name, "other": name})
        assert repository.committed(f"{name}/x") is not None
        repository.commit([f"{name}/x"], f"fix: {name}\n")
        assert git("status", "--porcelain") == "M other"
        git("checkout", "--quiet", "other")
        assert len(repository.commits(None, name)) == 2
    assert repository.committed("none") is None
    assert repository.work_tree().changed == ()


def test_what_fails_says_what_git_said(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "repository", {"a": "1"})
    hook = git.folder / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no \x1b[31m way' >&2\nexit 1\n")
    hook.chmod(0o755)
    git.write({"a": "2"})
    with pytest.raises(Refused, match=r"git commit failed: no \\x1b\[31m way") as refused:
        GitRepository(git.folder).commit(["a"], "fix: a\n")
    assert refused.value.code == "git_failed"


def test_the_remote_is_the_one_that_the_branch_follows(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "repository", {"a": "1"})
    repository = GitRepository(git.folder)
    assert repository.remote() is None
    git("remote", "add", "upstream", "../nowhere")
    assert repository.remote() == "upstream"
    git("remote", "add", "other", "../nowhere")
    assert repository.remote() is None
    git("config", "branch.main.remote", "other")
    assert repository.remote() == "other"
    git("remote", "add", "origin", "../nowhere")
    git("config", "branch.main.remote", ".")
    assert repository.remote() == "origin"


def test_a_repository_that_git_cliff_can_not_read_is_refused(tmp_path: Path) -> None:
    git = Git(tmp_path)
    git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    git.commit("feat: a colour")
    with pytest.raises(Refused, match="unknown object format 'sha256'") as refused:
        GitRepository(tmp_path).commits(None, "")
    assert refused.value.code == "commits_unreadable"


def test_a_linked_work_tree_is_read(tmp_path: Path) -> None:
    git = Git.made(tmp_path / "repository", {"a": "1"}, "feat: a colour")
    git("worktree", "add", "--quiet", "-b", "other", "../linked")
    repository = GitRepository(tmp_path / "linked")
    assert repository.work_tree().branch == "other"
    assert [commit.kind for commit in repository.commits(None, "")] == ["feat"]
