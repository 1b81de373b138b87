"""edgeship version check, on folders, archives and releases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.bundles import tar_gz

PLAIN = {"widget.js": b"export const mount = 1;\nexport const unmount = 2;\n", "style.css": b"a{}"}
LESS = {**PLAIN, "widget.js": b"export const mount = 1;\n"}


def bundle(place: Path, files: dict[str, bytes], version: str | None = None) -> str:
    if version:
        files = {**files, "package.json": json.dumps({"name": "checkout", "version": version}).encode()}
    if place.suffix:
        place.write_bytes(tar_gz(files))
    for name, content in files.items() if not place.suffix else ():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)
    return str(place)


@pytest.mark.parametrize(("new", "honest"), [("1.0.1", False), ("1.1.0", False), ("2.0.0", True)])
def test_a_version_that_says_too_little_is_refused(bare: CommandLine, tmp_path: Path, new: str, honest: bool) -> None:
    old = bundle(tmp_path / "old.tgz", PLAIN, "1.0.0")
    done = bare("version", "check", old, bundle(tmp_path / "new", LESS, new), "--json")
    assert (done.code, done.document["honest"], done.document["bump"]) == (0 if honest else 1, honest, "major")
    assert_as_documented(done.document, "edgeship version check")
    (found,) = done.document["findings"]
    assert (found["code"], found["symbol"], found["file"], found["line"]) == ("export_gone", "unmount", "widget.js", 2)
    assert done.document["smallest_version"] == "2.0.0"


def test_what_is_expected_counts_where_nothing_has_a_version(bare: CommandLine, tmp_path: Path) -> None:
    old, new = bundle(tmp_path / "old", LESS), bundle(tmp_path / "new", PLAIN)
    assert bare("version", "check", old, new).out == "minor\nminor  widget.js:2  widget.js exports unmount\n"
    assert bare("version", "check", old, new, "--expect", "minor").code == 0
    assert bare("version", "check", old, new, "--expect", "patch").code == 1
    same = bare("version", "check", old, old, "--expect", "patch")
    assert (same.code, same.out.splitlines()[-1]) == (0, "nothing of the public surface changed")


def test_growth_has_a_limit(bare: CommandLine, tmp_path: Path) -> None:
    old = bundle(tmp_path / "old", {"widget.js": b"//" + b"x" * 10_000})
    new = bundle(tmp_path / "new", {"widget.js": b"//" + b"x" * 12_500})
    done = bare("version", "check", old, new, "--json")
    assert [found["code"] for found in done.document["findings"]] == ["size_grown"]
    assert "25%, from 10.0 kB to 12.5 kB" in done.document["findings"][0]["text"]
    assert bare("version", "check", old, new, "--growth", "30", "--json").document["findings"] == []


def test_what_is_neither_a_bundle_nor_a_release_is_refused(bare: CommandLine, tmp_path: Path) -> None:
    there = bundle(tmp_path / "old", PLAIN)
    assert bare("version", "check", there, "nothing").code == 2
    assert bare("version", "check", there, "checkout@1.x").code == 1
    assert bare("version", "check", there, "checkout@1.0.0").code == 2  # no environment is named


def test_a_release_is_compared_with_a_build(edgeship: CommandLine, pipeline: Pipeline, tmp_path: Path) -> None:
    pipeline.ship("checkout", "1.0.0", PLAIN)
    done = edgeship("version", "check", "checkout@1.0.0", bundle(tmp_path / "dist", LESS, "1.0.1"), "--json")
    assert (done.code, done.document["old"], done.document["bump"]) == (1, "1.0.0", "major")
    pipeline.ship("checkout", "2.0.0", LESS)
    assert edgeship("version", "check", "checkout@1.0.0", "checkout@2.0.0").code == 0
    assert edgeship("version", "check", "checkout@1.0.0", "checkout@3.0.0", "--json").document["error"]["code"] == (
        "not_registered"
    )
