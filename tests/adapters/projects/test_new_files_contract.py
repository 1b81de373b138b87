"""What `Folder` promises, held against a real folder and against the fake: all of the files, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgeship.adapters.projects.new_files import NewFiles
from edgeship.application.scaffolding.ports import Folder
from tests.fakes.scaffolding import FakeFolder

FILES = {"a.txt": "a\n", "deep/er/b.txt": "é\n"}


@dataclass
class Stage:
    folder: Folder
    contents: Callable[[], dict[str, str]]


@pytest.fixture(params=["disk", "fake"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    if request.param == "fake":
        fake = FakeFolder()
        return Stage(fake, lambda: dict(fake.files))
    return Stage(NewFiles(tmp_path), lambda: contents(tmp_path))


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def test_files_are_written_and_found(stage: Stage) -> None:
    assert stage.folder.existing(FILES) == []
    stage.folder.write(FILES)
    assert stage.contents() == FILES
    assert stage.folder.existing([*FILES, "c.txt"]) == [*FILES]


def test_what_is_there_is_replaced_and_the_rest_stays(stage: Stage) -> None:
    stage.folder.write({"a.txt": "old\n", "own.txt": "mine\n"})
    stage.folder.write(FILES)
    assert stage.contents() == {**FILES, "own.txt": "mine\n"}


def test_a_folder_in_the_place_of_a_file_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "z.txt").mkdir()
    (tmp_path / "a.txt").write_text("old\n")
    with pytest.raises(IsADirectoryError):
        NewFiles(tmp_path).write({**FILES, "z.txt": "z\n"})
    assert contents(tmp_path) == {"a.txt": "old\n"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "z.txt"]


@pytest.mark.parametrize("renames", range(4))
def test_a_rename_that_fails_puts_back_what_went_before(
    tmp_path: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("old\n")
    (tmp_path / "a.txt").chmod(0o640)
    replace, done = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        done.append(target)
        if len(done) == renames + 1:
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    if renames < 3:  # a.txt aside, a.txt in, b.txt in
        with pytest.raises(OSError, match="No space"):
            NewFiles(tmp_path).write(FILES)
        assert contents(tmp_path) == {"a.txt": "old\n"}
        assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
        assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o640
    else:
        NewFiles(tmp_path).write(FILES)
        assert contents(tmp_path) == FILES
