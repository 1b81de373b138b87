"""What of a folder is packed, and what is followed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest

from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.application.releases.collect_folder import Collected, collect_folder
from edgeship.application.releases.select_files import select_files
from edgeship.domain.errors import Refused
from edgeship.domain.releases.limits import Limits
from tests.support.npm_packlist import npm_packlist
from tests.support.pytest_plugins.fuzz import examples
from tests.support.pytest_plugins.tools import NODE


def collect(folder: Path, *exclude: str, follow_symlinks: bool = False) -> Collected:
    selection = select_files(folder, exclude, GitignorePatterns())
    return collect_folder(folder, Limits(), selection, follow_symlinks=follow_symlinks)


def write(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("1")


def test_what_is_excluded_is_not_packed_and_is_said(tmp_path: Path) -> None:
    write(tmp_path, "widget.js", "docs/a.md", "docs/keep.md", "b.txt", "sub/c.txt", ".git/config")
    (tmp_path / ".edgeshipignore").write_text("# notes\n*.txt\n!sub/c.txt\n")
    found = collect(tmp_path, "docs/*", "!docs/keep.md")
    assert list(found.files) == ["docs/keep.md", "sub/c.txt", "widget.js"]
    assert sorted(found.excluded) == [".edgeshipignore", ".git/", "b.txt", "docs/a.md"]


def test_what_is_excluded_is_not_read_and_counts_for_nothing(tmp_path: Path) -> None:
    write(tmp_path, "widget.js", "WIDGET.js", "a+b.js", "node_modules/x/index.js")
    (tmp_path / "pipe").parent.mkdir(exist_ok=True)
    os.mkfifo(tmp_path / "pipe")
    found = collect(tmp_path, "W*.js", "*+*", "pipe", "node_modules/")
    assert list(found.files) == ["widget.js"]


def test_a_pattern_that_is_none_is_named(tmp_path: Path) -> None:
    write(tmp_path, "widget.js")
    with pytest.raises(Refused, match="'!'") as refused:
        collect(tmp_path, "!")
    assert refused.value.code == "pattern_invalid"


FILES_LISTS = (
    ["dist"],
    ["dist/"],
    ["./dist"],
    ["/dist"],
    ["dist/*"],
    ["dist/**"],
    ["dist/*.js"],
    ["dist/**/*.js"],
    ["*.js"],
    ["dist", "!*.map"],
    ["dist", "!dist/sub"],
    ["dist", "!dist/**/*.map"],
    ["dist/**", "!dist/sub/b.js"],
    ["**/*.css"],
    ["README.md", "src/"],
    ["dist/a.{js,js.map}"],
    ["dist/**/!(*.css)"],
    ["DIST/*.JS"],
    ["dist/a.js", "!dist/**"],
    ["di*"],
    ["*.js", "dist/sub"],
    [],
)
PATTERNS = (
    *("dist", "src/", "*.js", "**/*.js", "dist/*", "dist/**", "dist/{a,b}.js", "dist/sub/{b,deep/c}.js", "**/sub/**/*"),
    *(
        "!dist",
        "!dist/sub",
        "!**/*.map",
        "!*.map",
        "!(index).js",
        "dist/@(a|b).*",
        "dist/s?b/*",
        "[a-n]*.js",
        "d*",
        "D*/**",
    ),
    *(
        "!dist/a.js",
        "index.js",
        "/dist/sub/b.js",
        "./src",
        "!./src",
        "!LICENSE",
        "!/README.md",
        "node_modules",
        "dist/+(sub)/**",
    ),
    *(
        "*",
        "**",
        "!**",
        "dist/**/*.{js,css}",
        "dist/sub/",
        "!dist/sub/**",
        "sub",
        "a.js",
        "!a.js",
        "src/.npmrc",
        "nothing",
    ),
)
PACKAGE_FILES = (
    *("index.js", "other.js", "README.md", "LICENSE", "Changelog.md", "package-lock.json", "notes.txt", "src/a.js"),
    *("dist/a.js", "dist/a.js.map", "dist/sub/b.js", "dist/sub/b.css", "dist/sub/deep/c.js", "node_modules/x/index.js"),
)


@pytest.mark.fuzz
def test_files_of_a_package_are_those_that_npm_packs(tmp_path: Path) -> None:
    NODE.require()
    write(tmp_path, *PACKAGE_FILES)
    write(tmp_path, "package.json")
    draw = Random(20261127)
    drawn = [draw.choices(PATTERNS, k=draw.randrange(1, 5)) for _ in range(examples(150, 3_000))]
    lists = [*map(list, FILES_LISTS), *drawn]
    packages = [{"name": "checkout", "version": "1.0.0", "main": "index.js", "files": files} for files in lists]
    for package, packed in zip(packages, npm_packlist(tmp_path, packages), strict=True):
        (tmp_path / "package.json").write_text(json.dumps(package))
        assert set(collect(tmp_path).files) == packed, package["files"]


@pytest.mark.parametrize(
    ("files", "packed"),
    [
        (["dist"], ["dist/a.js", "dist/a.js.map", "dist/sub/b.css", "dist/sub/b.js", "dist/sub/deep/c.js"]),
        (["dist/*.js"], ["dist/a.js"]),
        (["*.js"], ["other.js"]),
        (["dist", "!dist/sub"], ["dist/a.js", "dist/a.js.map"]),
        ([], []),
    ],
)
def test_files_of_a_package(files: list[str], packed: list[str], tmp_path: Path) -> None:
    write(tmp_path, *PACKAGE_FILES)
    package = tmp_path / "package.json"
    package.write_text(json.dumps({"main": "index.js", "files": files}))
    assert sorted(collect(tmp_path).files) == sorted([*packed, "LICENSE", "README.md", "index.js", "package.json"])
    package.write_text("{}")
    everything = collect(tmp_path)
    assert sorted(everything.files) == sorted([*PACKAGE_FILES[:-1], "package.json"])
    assert everything.excluded == ("node_modules/",)


def test_a_link_inside_of_the_folder_is_what_it_names(tmp_path: Path) -> None:
    write(tmp_path, "real/a.js")
    (tmp_path / "widget.js").symlink_to("real/a.js")
    (tmp_path / "again").symlink_to("real", target_is_directory=True)
    assert list(collect(tmp_path).files) == ["again/a.js", "real/a.js", "widget.js"]


def test_a_link_that_leaves_the_folder_needs_the_option(tmp_path: Path) -> None:
    write(tmp_path / "outside", "a.js")
    write(tmp_path / "dist", "widget.js")
    (tmp_path / "dist" / "lib").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(Refused, match="'lib' is a symbolic link that leaves the folder") as refused:
        collect(tmp_path / "dist")
    assert refused.value.code == "entry_kind"
    assert list(collect(tmp_path / "dist", follow_symlinks=True).files) == ["lib/a.js", "widget.js"]
    assert list(collect(tmp_path / "dist", "lib").files) == ["widget.js"]


@pytest.mark.parametrize("follow", [False, True])
def test_a_loop_of_links_is_an_error(tmp_path: Path, follow: bool) -> None:
    write(tmp_path, "a/b/widget.js")
    (tmp_path / "a" / "b" / "up").symlink_to("..", target_is_directory=True)
    with pytest.raises(Refused, match="'a/b/up'") as refused:
        collect(tmp_path, follow_symlinks=follow)
    assert refused.value.code == "link_loop"


@pytest.mark.parametrize("target", ["gone.js", "self.js"])
def test_a_link_to_nothing_is_an_error(tmp_path: Path, target: str) -> None:
    write(tmp_path, "widget.js")
    (tmp_path / "self.js").symlink_to(target)
    with pytest.raises(Refused, match=r"self\.js") as refused:
        collect(tmp_path, follow_symlinks=True)
    assert refused.value.code == "file_unreadable"
