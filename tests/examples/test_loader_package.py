"""examples/loader as a package: what `npm pack` puts into it, its types under tsc, and what it does under Node."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import rjsmin

from tests.support.pytest_plugins.tools import NODE
from tests.support.repository import ROOT

EXAMPLE = ROOT / "examples" / "loader"
CHECKS = ROOT / "tests" / "js-loader"
MAX_BYTES = 1500
"""Of the loader, minified and gzipped; the README says so."""
LISTED = {"README.md", "index.d.ts", "index.js", "package.json"}
STRICT = ("--strict", "--target", "es2022", "--module", "nodenext")

pytestmark = [pytest.mark.xdist_group("loader_package")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has the packed package installed, and nothing else."""
    NODE.require()
    folder = tmp_path_factory.mktemp("project")
    run("npm", "pack", str(EXAMPLE), "--silent", "--ignore-scripts", cwd=folder)
    (packed,) = folder.glob("*.tgz")
    modules = folder / "node_modules"
    modules.mkdir()
    run("tar", "-xzf", str(packed), "-C", str(modules), cwd=folder)
    (modules / "package").rename(modules / "edgeship-loader")
    for source in CHECKS.iterdir():
        if source.is_file():
            shutil.copy(source, folder)
    return folder


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True, timeout=90).stdout


def test_the_package_has_the_listed_files_alone(project: Path) -> None:
    packed = project / "node_modules" / "edgeship-loader"
    assert {path.relative_to(packed).as_posix() for path in packed.rglob("*")} == LISTED
    assert {*json.loads((EXAMPLE / "package.json").read_text())["files"], "README.md", "package.json"} == LISTED


def test_it_is_small() -> None:
    source = (EXAMPLE / "index.js").read_text()
    assert len(gzip.compress(rjsmin.jsmin(source).encode(), mtime=0)) <= MAX_BYTES


def test_it_says_why_without_a_browser(project: Path) -> None:
    told: dict[str, Any] = json.loads(run("node", "node.mjs", cwd=project))
    home = "http://127.0.0.1:9"
    assert told["found"] == {"module": "ours", "channel": "latest", "from": "fallback"}
    assert told["reason"].startswith(f"{home}/checkout/latest/widget.js: ")
    assert told["module"].startswith(f"Error: {home}/checkout/~next/widget.js: ")
    assert told["classic"].startswith(f"Error: {home}/checkout/v1.4.2/widget.js: document is not defined")
    assert told["classic"].endswith("; fallback: no")
    assert told["none"] == "TypeError: load needs cdn, as https://host, and widget"
    assert told["path"].startswith(f"Error: {home}/..%2Fx/~..%2Fy/widget.js: ")


@pytest.mark.nightly
def test_tsc_accepts_the_types_and_what_they_refuse_is_refused(project: Path) -> None:
    """tsc complains of an `@ts-expect-error` that has none."""
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    packed = shutil.move(project / "node_modules", project / "kept")
    run(*command, cwd=project)
    shutil.move(Path(packed) / "edgeship-loader", project / "node_modules")
    done = subprocess.run(
        ["node_modules/.bin/tsc", "--noEmit", *STRICT, "types.ts"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert (done.returncode, done.stdout) == (0, "")
