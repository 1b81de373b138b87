"""edgeship version show and next, on real repositories."""

from __future__ import annotations

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.versioning.conftest import PACKAGE
from tests.support.git_repository import Git

BREAKING = "feat: an option\n\nMore of it.\n\nBREAKING CHANGE: the old option is gone\nRefs: #12\n"


def next_of(bare: CommandLine, *more: str) -> str:
    done = bare("version", "next", "--json", *more)
    assert done.code == 0, done.err
    assert_as_documented(done.document, "edgeship version next")
    return str(done.document["version"])


@pytest.mark.parametrize(
    ("messages", "version"),
    [
        (["feat: a colour", "fix: rounding", "words of no form"], "1.1.0"),
        ([BREAKING], "2.0.0"),
        (['fix: "$(touch hacked)" `touch hacked` {{ 1 }} {% raw %} --exec=x \x1b[31m'], "1.0.1"),
    ],
)
def test_the_commits_say_what_follows(bare: CommandLine, released: Git, messages: list[str], version: str) -> None:
    for message in messages:
        released.commit(message)
    assert next_of(bare) == version
    assert "\x1b" not in bare("version", "next").out
    assert not (released.folder / "hacked").exists()


def test_below_one_what_breaks_raises_the_minor_version(bare: CommandLine, git: Git) -> None:
    git.commit("feat: begin", {"package.json": PACKAGE.replace("0.0.0", "0.4.2")})
    git("tag", "-a", "-m", "x", "v0.4.2")
    git.commit("fix!: another shape")
    assert next_of(bare) == "0.5.0"


@pytest.mark.parametrize(("stated", "first"), [("0.0.0", "0.1.0"), ("1.0.0", "1.0.0"), ("2.0.0-rc.1", "2.0.0")])
def test_the_first_release_is_what_the_project_states(bare: CommandLine, git: Git, stated: str, first: str) -> None:
    git.commit("chore: state it", {"package.json": PACKAGE.replace("0.0.0", stated)})
    assert next_of(bare) == first


def test_a_revert_takes_its_commit_away(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding", {"a.js": "1"})
    released.commit("feat: a colour", {"b.js": "1"})
    assert next_of(bare) == "1.1.0"
    released("revert", "--no-edit", "HEAD")
    assert next_of(bare) == "1.0.1"
    released("revert", "--no-edit", "HEAD")
    assert next_of(bare) == "1.1.0"


def test_a_revert_of_what_is_released_is_a_fix(bare: CommandLine, released: Git) -> None:
    released.commit("chore: rest")
    released("revert", "--no-edit", "v1.0.0")
    released.commit("chore: again", {"package.json": PACKAGE.replace("0.0.0", "1.0.0")})
    assert next_of(bare) == "1.0.1"


def test_commits_of_a_merged_branch_count_and_the_merge_does_not(bare: CommandLine, released: Git) -> None:
    released("switch", "--quiet", "--create", "colour")
    released.commit("feat: a colour", {"colour.js": "1"})
    released("switch", "--quiet", "main")
    released.commit("fix: rounding", {"round.js": "1"})
    released("merge", "--quiet", "--no-ff", "--message=Merge branch 'colour'", "colour")
    done = bare("version", "next", "--json")
    assert done.document["version"] == "1.1.0"
    assert [commit["bump"] for commit in done.document["commits"]].count("minor") == 1
    assert len(done.document["commits"]) == 3


def test_pre_releases_are_numbered(bare: CommandLine, released: Git) -> None:
    released.commit("feat: a colour")
    assert next_of(bare, "--pre", "rc") == "1.1.0-rc.1"
    released("tag", "-a", "-m", "x", "v1.1.0-rc.1")
    assert bare("version", "next", "--pre", "rc", "--json").document["error"]["code"] == "nothing_to_release"
    released.commit("fix: rounding")
    assert next_of(bare, "--pre", "rc") == "1.1.0-rc.2"
    assert next_of(bare, "--pre", "beta") == "1.1.0-beta.1"
    assert next_of(bare) == "1.1.0"
    released.commit("feat!: another shape")
    assert next_of(bare, "--pre", "rc") == "2.0.0-rc.1"
    assert bare("version", "next", "--pre", "r c", "--json").document["error"]["code"] == "channel_invalid"


def test_a_hotfix_follows_the_release_that_its_branch_has(bare: CommandLine, released: Git) -> None:
    released.commit("feat!: another shape", {"package.json": PACKAGE.replace("0.0.0", "2.0.0")})
    released("tag", "-a", "-m", "x", "v2.0.0")
    released("switch", "--quiet", "--create", "1.x", "v1.0.0")
    released.commit("fix: rounding")
    assert next_of(bare) == "1.0.1"
    released.commit("feat!: too much for an old branch")
    done = bare("version", "next", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "tag_exists")
    assert "another branch" in done.document["error"]["reason"]


def test_tags_of_other_forms_are_not_this_projects(bare: CommandLine, released: Git) -> None:
    for name in ("v9", "9.9.9", "v9.9.9.9", "v09.1.1", "release-9.9.9", "widget@9.9.9", "V9.9.9", "v9.9.9+build"):
        released("tag", name)
    released.commit("fix: rounding")
    assert next_of(bare) == "1.0.1"
    assert next_of(bare, "--tag-prefix", "widget@") == "9.9.10"
    assert next_of(bare, "--tag-prefix", "") == "9.9.10"


def test_the_widgets_of_one_repository_have_their_own_tags_and_commits(bare: CommandLine, git: Git) -> None:
    git.commit(
        "feat: two widgets",
        {
            "package.json": '{"private": true, "workspaces": ["packages/*", "../outside"]}',
            "packages/cart/package.json": PACKAGE.replace("checkout", "cart").replace("0.0.0", "1.0.0"),
            "packages/pay [x]/package.json": PACKAGE.replace("checkout", "pay").replace("0.0.0", "3.0.0"),
        },
    )
    git("tag", "-a", "-m", "x", "cart@1.0.0")
    git("tag", "-a", "-m", "x", "pay@3.0.0")
    git.commit("fix: rounding", {"packages/cart/cart.js": "1"})
    git.commit("feat: a wallet", {"packages/pay [x]/pay.js": "1"})
    assert next_of(bare, "--project", "packages/cart") == "1.0.1"
    assert next_of(bare, "--project", "packages/pay [x]") == "3.1.0"
    shown = bare("version", "show", "--json")
    assert_as_documented(shown.document, "edgeship version show")
    assert [(each["widget"], each["tag"]) for each in shown.document["projects"]] == [
        ("cart", "cart@1.0.0"),
        ("pay", "pay@3.0.0"),
    ]
    refused = bare("version", "next")
    assert refused.code == 1
    assert "packages/cart" in refused.err


def test_the_commits_are_shown_with_what_they_ask_for(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding")
    released.commit("docs: a page")
    shown = bare("version", "next").out
    assert shown.startswith("1.0.1\nsince v1.0.0: 2 commits\n")
    assert "patch" in shown
    assert "without a change for users: 1" in shown


def refused(bare: CommandLine, *more: str) -> str:
    done = bare("version", *(more or ("next",)), "--json")
    assert done.code == 1
    assert done.document["error"]["remedy"]
    return str(done.document["error"]["code"])


def test_without_a_change_for_users_nothing_follows(bare: CommandLine, released: Git) -> None:
    assert refused(bare) == "nothing_to_release"
    released.commit("docs: a page")
    assert refused(bare) == "nothing_to_release"


def test_a_shallow_clone_is_refused(bare: CommandLine, released: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = released.folder.parent / "clone"
    released("clone", "--quiet", "--depth=1", f"file://{released.folder}", str(clone))
    monkeypatch.chdir(clone)
    assert refused(bare) == "shallow_clone"
    assert refused(bare, "tag") == "shallow_clone"


def test_a_version_without_its_tag_is_not_passed_over(bare: CommandLine, released: Git) -> None:
    released.commit("fix: rounding", {"package.json": PACKAGE.replace("0.0.0", "3.0.0")})
    assert refused(bare) == "version_ahead"


@pytest.mark.parametrize(
    ("package", "code"),
    [
        ("{", "package_invalid"),
        ('{"version": "1.0.0"}', "name_missing"),
        ('{"name": "checkout"}', "version_missing"),
        ('{"name": "checkout", "version": "1.0"}', "version_invalid"),
    ],
)
def test_a_package_that_is_not_valid_is_refused(bare: CommandLine, git: Git, package: str, code: str) -> None:
    git.commit("chore: state it", {"package.json": package})
    assert refused(bare) == code


def test_where_there_is_no_repository_or_project_it_is_refused(bare: CommandLine, git: Git) -> None:
    outside = git.folder.parent / "outside"
    outside.mkdir()
    assert refused(bare, "next", "--project", str(outside)) == "no_repository"
    inside = git.folder / "inside"
    inside.mkdir()
    assert refused(bare, "next", "--project", str(inside)) == "project_missing"
    (inside / "package.json").write_text(PACKAGE)
    assert refused(bare, "next", "--project", str(inside)) == "not_committed"
