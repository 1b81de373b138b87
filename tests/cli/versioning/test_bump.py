"""edgeship version bump and tag, on real repositories."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgeship.adapters.git.repository import GitRepository
from edgeship.adapters.projects.project_files import ProjectFiles
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.versioning.conftest import PACKAGE
from tests.support.git_repository import Git

ODD = '\ufeff{\r\n\t"scripts" : {"version":"9.9.9"} ,"name":"checkout",\r\n\t"version"  :  "1.0.0",\r\n  "n": 1.0e3}'
LOCK = (
    '{\n  "name": "checkout",\n  "version": "1.0.0",\n  "lockfileVersion": 3,\n  "packages": {\n'
    '    "": {"version": "1.0.0"},\n    "node_modules/x": {"version": "1.0.0"}\n  }\n}\n'
)


def code_of(bare: CommandLine, *words: str) -> str:
    done = bare("version", *words, "--json")
    assert done.code == 1, done.out
    return str(done.document["error"]["code"])


def snapshot(git: Git) -> tuple[str, ...]:
    """All that a release may change."""
    files = {path.name: path.read_bytes() for path in sorted(git.folder.iterdir()) if path.is_file()}
    return git("rev-parse", "HEAD"), git("status", "--porcelain"), git("for-each-ref"), repr(files)


def test_it_writes_the_version_the_lock_and_the_changelog_and_commits_them(bare: CommandLine, released: Git) -> None:
    released.commit("chore: form", {"package.json": ODD, "package-lock.json": LOCK})
    released.commit("feat(ui): a <b>colour</b> of `<a>`")
    released.commit("fix!: round to cents")
    released.write({"notes.txt": "mine"})
    done = bare("version", "bump", "--json")
    assert done.code == 0, done.err
    assert_as_documented(done.document, "edgeship version bump")
    assert (released.folder / "package.json").read_bytes().decode() == ODD.replace('"1.0.0"', '"2.0.0"')
    lock = json.loads((released.folder / "package-lock.json").read_text())
    assert (lock["version"], lock["packages"][""]["version"]) == ("2.0.0", "2.0.0")
    assert lock["packages"]["node_modules/x"]["version"] == "1.0.0"
    changelog = (released.folder / "CHANGELOG.md").read_text()
    assert "## Unreleased\n\n## 2.0.0 - 20" in changelog
    assert (
        "### Added\n\n- ui: a &lt;b>colour&lt;/b> of `<a>`\n\n### Changed\n\n- **Breaking:** round to cents\n"
        in changelog
    )
    assert released("log", "-1", "--format=%s") == "chore(release): checkout 2.0.0"
    assert released("status", "--porcelain") == "?? notes.txt"
    assert released("show", "--name-only", "--format=").split() == ["CHANGELOG.md", "package-lock.json", "package.json"]
    again = bare("version", "bump", "--json")
    assert (again.code, again.document["commit"], again.document["files"]) == (0, None, [])


def test_a_dry_run_shows_all_and_changes_nothing(bare: CommandLine, released: Git) -> None:
    released.commit("feat: a colour")
    before = snapshot(released)
    shown = bare("version", "bump", "--dry-run")
    assert shown.code == 0
    for part in ("1.0.0 → 1.1.0", '-  "version": "1.0.0"', '+  "version": "1.1.0"', "+- a colour", "chore(release)"):
        assert part in shown.out
    assert bare("version", "tag", "--dry-run", "--project", ".").code == 1
    assert snapshot(released) == before
    bare("version", "bump")
    before = snapshot(released)
    tagged = bare("version", "tag", "--push", "--dry-run")
    assert tagged.code == 0
    for part in ("v1.1.0 would be made", "Added: a colour", "pushed to origin", f"Commit: {before[0]}"):
        assert part in tagged.out
    assert snapshot(released) == before


def test_what_is_written_under_unreleased_is_the_section(bare: CommandLine, released: Git) -> None:
    old = (
        "# Changes\r\n\r\n## [Unreleased]\r\n\r\n### Added\r\n\r\n- A colour, for all\r\n\r\n"
        "## [1.0.0] - 2026-01-01\r\n\r\n```\r\n## 9.9.9\r\n```\r\n\r\n[unreleased]: https://example.com/compare/v1.0.0...HEAD\r\n"
        "[1.0.0]: https://example.com/releases/v1.0.0\r\n"
    )
    released.commit("feat: a colour", {"CHANGELOG.md": old})
    assert bare("version", "bump").code == 0
    new = (released.folder / "CHANGELOG.md").read_bytes().decode()
    day = new.partition("## [1.1.0] - ")[2][:10]
    assert new == old.replace(
        "### Added\r\n\r\n- A colour", f"## [1.1.0] - {day}\r\n\r\n### Added\r\n\r\n- A colour"
    ).replace(
        "compare/v1.0.0...HEAD\r\n",
        "compare/v1.1.0...HEAD\r\n[1.1.0]: https://example.com/compare/v1.0.0...v1.1.0\r\n",
    )


@pytest.mark.parametrize(
    ("to", "version"), [("patch", "1.0.1"), ("minor", "1.1.0"), ("MAJOR", "2.0.0"), ("4.0.0", "4.0.0")]
)
def test_the_version_can_be_given(bare: CommandLine, released: Git, to: str, version: str) -> None:
    assert bare("version", "bump", to, "--json").document["version"] == version


def test_a_given_version_has_to_be_higher_and_valid(bare: CommandLine, released: Git) -> None:
    assert code_of(bare, "bump", "0.9.0") == "version_lower"
    assert code_of(bare, "bump", "1.0.0") == "version_lower"
    assert code_of(bare, "bump", "1.x") == "version_invalid"
    assert bare("version", "bump", "1.1.0", "--pre", "rc").code == 2


@pytest.mark.parametrize("first", ["bump", "tag"])
def test_trees_that_hide_something_are_refused(bare: CommandLine, released: Git, first: str) -> None:
    released.commit("fix: rounding", {"a.js": "1"})
    if first == "tag":
        assert bare("version", "bump").code == 0
    released.write({"a.js": "2"})
    assert code_of(bare, first) == "dirty_tree"
    released("add", "a.js")
    assert code_of(bare, first) == "dirty_tree"
    released("reset", "--quiet", "--hard")
    released("switch", "--quiet", "--detach")
    assert code_of(bare, first) == "detached_head"
    released("switch", "--quiet", "main")
    (released.folder / ".git" / "MERGE_HEAD").write_text(released("rev-parse", "HEAD") + "\n")
    assert code_of(bare, first) == "busy_tree"


def test_a_tag_that_only_the_remote_has_is_found(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding")
    released("tag", "-a", "-m", "x", "v1.0.1")
    released("push", "--quiet", "origin", "v1.0.1")
    released("tag", "-d", "v1.0.1")
    assert code_of(bare, "bump") == "tag_exists"
    assert bare("version", "bump", "--offline").code == 0
    assert code_of(bare, "tag") == "tag_exists"


def test_a_remote_that_is_missing_or_silent_is_said(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding")
    released("remote", "set-url", "origin", "../nowhere.git")
    assert code_of(bare, "bump") == "remote_unreachable"
    released("remote", "remove", "origin")
    assert bare("version", "bump").code == 0
    assert code_of(bare, "tag", "--push") == "remote_missing"
    assert bare("version", "tag").code == 0


def test_a_tag_is_annotated_and_pushed_with_its_branch(bare: CommandLine, released: Git) -> None:
    released.commit("feat: a colour")
    released.commit("fix: rounding\n\n# not a comment")
    assert bare("version", "bump").code == 0
    done = bare("version", "tag", "--push", "--json")
    assert done.code == 0, done.err
    assert_as_documented(done.document, "edgeship version tag")
    head = released("rev-parse", "HEAD")
    remote = Git(released.folder.parent / "remote.git")
    assert remote("rev-parse", "main", "v1.1.0^{commit}").split() == [head, head]
    assert remote("cat-file", "-t", "v1.1.0") == "tag"
    message = remote("tag", "--list", "--format=%(contents)", "v1.1.0")
    assert message == f"checkout 1.1.0\n\nAdded: a colour\n\nFixed: rounding\n\nCommit: {head}"
    again = bare("version", "tag", "--push", "--json").document
    assert (again["made"], again["pushed_to"]) == (False, "origin")


def test_tags_that_are_there_already_are_refused(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding")
    assert code_of(bare, "tag") == "tag_exists"
    assert bare("version", "bump").code == 0
    released("tag", "v1.0.1")
    assert code_of(bare, "tag") == "tag_lightweight"


def test_a_push_that_is_refused_leaves_the_remote_as_it_was(bare: CommandLine, released: Git) -> None:
    other = Git(released.folder.parent / "other")
    released("clone", "--quiet", str(released.folder.parent / "remote.git"), str(other.folder))
    other.commit("fix: somebody was faster", {"b.js": "1"})
    other("push", "--quiet")
    released.commit("feat: a colour")
    bare("version", "bump")
    assert code_of(bare, "tag", "--push") == "push_refused"
    remote = Git(released.folder.parent / "remote.git")
    assert remote("tag").split() == ["v1.0.0"]
    # As the remedy says.
    released("tag", "-d", "v1.1.0")
    released("pull", "--quiet", "--rebase")
    assert bare("version", "tag", "--push").code == 0


@pytest.mark.parametrize("dies_at", range(4))
def test_an_interrupted_bump_is_completed_by_the_next(
    bare: CommandLine, released: Git, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    released.commit("feat: a colour", {"package-lock.json": LOCK})
    writes = 0

    def dying(real: object) -> object:
        def act(*given: object) -> object:
            nonlocal writes
            writes += 1
            if writes - 1 == dies_at:
                raise KeyboardInterrupt
            assert callable(real)
            return real(*given)

        return act

    with monkeypatch.context() as patched:
        patched.setattr(ProjectFiles, "write", dying(ProjectFiles.write))
        patched.setattr(GitRepository, "commit", dying(GitRepository.commit))
        assert bare("version", "bump").code == 130
    assert bare("version", "bump").code == 0
    assert released("status", "--porcelain") == ""
    assert released("show", "--name-only", "--format=").split() == ["CHANGELOG.md", "package-lock.json", "package.json"]
    assert bare("version", "show", "--json").document["projects"][0]["version"] == "1.1.0"


def test_a_file_that_an_edit_changed_besides_is_refused(bare: CommandLine, released: Git) -> None:
    released.commit("feat: a colour")
    released.write({"CHANGELOG.md": "mine"})
    assert code_of(bare, "bump") == "dirty_tree"
    (released.folder / "CHANGELOG.md").unlink()
    released.write({"package.json": PACKAGE.replace("0.0.0", "1.1.0").replace("module", "commonjs")})
    assert code_of(bare, "bump") == "dirty_tree"


def test_files_that_git_checks_out_with_other_line_ends_stay_so(bare: CommandLine, released: Git) -> None:
    released("config", "core.autocrlf", "true")
    released.commit("feat: a colour")
    (released.folder / "package.json").unlink()
    released("checkout", "--", "package.json")
    there = (released.folder / "package.json").read_bytes()
    assert b"\r\n" in there
    assert bare("version", "bump").code == 0
    assert (released.folder / "package.json").read_bytes() == there.replace(b"1.0.0", b"1.1.0")
    assert released("diff", "--numstat", "HEAD~1", "--", "package.json").split()[:2] == ["1", "1"]


def test_a_workspace_changes_its_own_files_and_the_lock_above(bare: CommandLine, git: Git) -> None:
    git.commit(
        "feat: a cart",
        {
            "package.json": '{"private": true, "workspaces": ["packages/*"]}',
            "packages/cart/package.json": PACKAGE.replace("checkout", "cart"),
            "package-lock.json": '{"packages": {"": {}, "packages/cart": {"version": "0.0.0"}}}',
        },
    )
    assert bare("version", "bump", "--project", "packages/cart").code == 0
    assert json.loads((git.folder / "package-lock.json").read_text())["packages"]["packages/cart"]["version"] == "0.1.0"
    assert (git.folder / "packages/cart/CHANGELOG.md").is_file()
    assert bare("version", "tag", "--project", "packages/cart").code == 0
    assert git("tag") == "cart@0.1.0"


def test_a_python_project_has_the_spelling_of_python(bare: CommandLine, git: Git) -> None:
    text = '[tool.x]\nversion = "1.0.0"\r\n[project]\nname = "checkout" # 1.0.0\nversion = "1.0.0"\n'
    git("rm", "--quiet", "package.json")
    git.commit("feat: in Python", {"pyproject.toml": text})
    git("tag", "-a", "-m", "x", "v1.0.0")
    git.commit("feat: a colour")
    done = bare("version", "bump", "--pre", "rc", "--json")
    assert (done.code, done.document["version"]) == (0, "1.1.0-rc.1")
    assert (git.folder / "pyproject.toml").read_bytes().decode() == '1.1.0rc1"\n'.join(text.rsplit('1.0.0"\n', 1))
    assert bare("version", "tag", "--json").document["tag"] == "v1.1.0-rc.1"
    assert code_of(bare, "bump", "--pre", "canary") == "nothing_to_release"
    git.commit("fix: rounding")
    assert code_of(bare, "bump", "--pre", "canary") == "package_invalid"


def test_the_permissions_of_a_file_stay(bare: CommandLine, released: Git) -> None:
    package = released.folder / "package.json"
    package.chmod(0o600)
    released.commit("feat: a colour")
    assert bare("version", "bump").code == 0
    assert package.stat().st_mode & 0o777 == 0o600
    assert not list(Path(released.folder).glob(".*.edgeship"))
