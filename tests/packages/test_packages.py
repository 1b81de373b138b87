"""Real packages are published as npm packed them, and a folder of each as the command line packs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from edgeship.adapters.documents.path_patterns import GitignorePatterns
from edgeship.application.releases.collect_folder import collect_folder
from edgeship.application.releases.select_files import select_files
from edgeship.domain.releases.limits import Limits
from tests.packages.publishing import files_of, write_files
from tests.packages.registry import fetched
from tests.packages.table import PAGE, Package, folder_ends, packages, page, tarball_ends
from tests.support.npm_packlist import npm_packlist
from tests.support.pytest_plugins.tools import NODE

PACKAGES = packages()
QUICK = [package for package in PACKAGES if package.quick]
ALL = [
    pytest.param(package, id=package.pinned.name, marks=[] if package.quick else pytest.mark.nightly)
    for package in PACKAGES
]


@pytest.fixture(scope="module")
def tarballs(request: pytest.FixtureRequest) -> dict[str, Path]:
    """Those that this run asks for, by the package's name."""
    NODE.require()
    specs = (getattr(item, "callspec", None) for item in request.session.items)
    asked = [spec.params.get("package") for spec in specs if spec is not None]
    try:
        return fetched({package.pinned: None for package in asked if isinstance(package, Package)})
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")


@pytest.mark.parametrize("package", ALL)
def test_a_package_is_published(package: Package, tarballs: dict[str, Path], tmp_path: Path) -> None:
    tarball = tarballs[package.pinned.name]
    files = files_of(tarball)
    assert tarball_ends(tarball, files) == package.packed
    write_files(files, tmp_path)
    assert folder_ends(tmp_path, package.folder, files) == package.published
    selected = collect_folder(tmp_path, Limits(files=10_000), select_files(tmp_path, [], GitignorePatterns())).files
    (packed,) = npm_packlist(tmp_path, [json.loads(files["package.json"])])
    assert selected.keys() <= packed or "files" not in json.loads(files["package.json"])
    assert packed - selected.keys() == set()


def test_the_table_is_wide() -> None:
    assert len(PACKAGES) >= 40
    assert 12 <= len(QUICK) <= 15
    kinds = {ends.kind for package in PACKAGES for ends in (package.packed, package.published)}
    assert {"module", "classic", "style"} <= kinds


def test_the_page_in_the_docs_is_the_table() -> None:
    """Write it again: python -m tests.packages."""
    assert PAGE.read_text() == page(PACKAGES)
