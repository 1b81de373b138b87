"""The pictures of the README and the docs can be taken again, and are those that pages name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pictures.taking import FOLDER, take
from tests.support.pytest_plugins.tools import CHROMIUM
from tests.support.repository import ROOT

PAGES = (ROOT / "README.md", ROOT / "docs" / "console.md")


def test_every_picture_is_shown_somewhere() -> None:
    named = {Path(name).name for page in PAGES for name in re.findall(r"pictures/[\w.-]+", page.read_text())}
    assert named == {path.name for path in FOLDER.iterdir()}


@pytest.mark.cloud
@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.xdist_group("cloud")
def test_they_are_taken_of_the_real_thing(tmp_path: Path) -> None:
    CHROMIUM.require()
    made = take(tmp_path / "pictures", tmp_path)
    assert {path.name for path in made} == {path.name for path in FOLDER.iterdir()}
    assert all(path.stat().st_size > 10_000 for path in made)
    assert "errors of 1.3.0" in (tmp_path / "pictures" / "terminal.svg").read_text().replace("&#160;", " ")
