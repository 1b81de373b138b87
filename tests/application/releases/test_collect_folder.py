"""A folder that can't be read whole is an error, never a smaller release."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from edgeship.application.releases import collect_folder as module
from edgeship.application.releases.collect_folder import collect_folder, unreadable_refused
from edgeship.domain.errors import Refused
from edgeship.domain.releases.limits import Limits


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "widget.js").write_text("1")
    (tmp_path / "locked").mkdir()
    scandir = os.scandir

    def denied(folder: Any) -> Any:
        # Tests may run as root, who is denied nothing.
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr(module.os, "scandir", denied)
    with pytest.raises(Refused, match="locked' can't be read") as refused:
        collect_folder(tmp_path, Limits())
    assert refused.value.code == "file_unreadable"


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="can't be read") as refused, unreadable_refused():
        (tmp_path / "gone.js").read_bytes()
    assert refused.value.code == "file_unreadable"


def test_a_single_top_folder_is_taken_off(tmp_path: Path) -> None:
    (tmp_path / "package" / "a").mkdir(parents=True)
    (tmp_path / "package" / "widget.js").write_text("1")
    (tmp_path / "package" / "a" / "b.js").write_text("2")
    assert list(collect_folder(tmp_path, Limits()).files) == ["a/b.js", "widget.js"]
