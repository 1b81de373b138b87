from __future__ import annotations

import pytest

from edgeship.application.scaffolding.start_project import StartProject
from edgeship.domain.errors import Refused
from edgeship.domain.scaffolding.project import Ci, Skeleton, Wishes
from tests.fakes.scaffolding import FakeFolder

TEMPLATES = {"ci/github.yml": "@WIDGET@\n", "plain/src/widget.js": "@ELEMENT@\n", "plain/gitignore": "dist/\n"}
WISHES = Wishes("checkout", "production")


def test_all_files_are_written() -> None:
    folder = FakeFolder()
    written = StartProject(folder, TEMPLATES)(WISHES, force=False)
    assert written == sorted(folder.files)
    assert folder.files["src/widget.js"] == "checkout-widget\n"
    assert folder.files[".gitignore"] == "dist/\n"


def test_a_file_that_is_there_is_not_overwritten_and_nothing_is_written() -> None:
    folder = FakeFolder({"src/widget.js": "mine\n"})
    with pytest.raises(Refused) as refused:
        StartProject(folder, TEMPLATES)(WISHES, force=False)
    assert (refused.value.code, folder.files) == ("files_exist", {"src/widget.js": "mine\n"})
    assert "src/widget.js" in refused.value.reason
    assert "--force" in refused.value.remedy


def test_a_part_is_left_out_or_overwritten() -> None:
    folder = FakeFolder({"src/widget.js": "mine\n"})
    StartProject(folder, TEMPLATES)(Wishes("checkout", "production", Skeleton.NONE, Ci.NONE), force=False)
    assert sorted(folder.files) == ["edgeship.toml", "src/widget.js"]
    StartProject(folder, TEMPLATES)(WISHES, force=True)
    assert folder.files["src/widget.js"] == "checkout-widget\n"


def test_a_folder_that_can_not_be_written_is_an_error() -> None:
    with pytest.raises(PermissionError):
        StartProject(FakeFolder(fails=True), TEMPLATES)(WISHES, force=False)
