import pytest

from edgeship.domain.releases.paths.top_folder import top_folder


@pytest.mark.parametrize(
    ("paths", "folder"),
    [
        (["package/package.json", "package/dist/a.js"], "package/"),
        (["dist/a.js", "__MACOSX/dist/._a.js", ".DS_Store"], "dist/"),
        (["dist/a.js", "edgeship.json"], ""),
        (["dist/a.js", "dist2/a.js"], ""),
        (["a.js"], ""),
        (["a.js", "b.js"], ""),
        ([".hidden/a.js"], ""),
        ([], ""),
    ],
)
def test_the_one_folder_around_a_bundle(paths: list[str], folder: str) -> None:
    assert top_folder(paths) == folder
