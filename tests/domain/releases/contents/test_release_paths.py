"""Where the files of a bundle lie in its release."""

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.release_paths import release_paths


@pytest.mark.parametrize(
    ("paths", "inside"),
    [
        (["a.js", "b/c.js"], ["a.js", "b/c.js"]),
        (["package/a.js", "package/b/c.js"], ["a.js", "b/c.js"]),
        (["package/a.js", ".DS_Store"], ["a.js"]),
        (["a.js", "manifest.json"], ["a.js", "manifest.bundler.json"]),
        (["dist/a.js", "dist/Manifest.JSON"], ["a.js", "manifest.bundler.json"]),
        (["a.js", "sub/manifest.json"], ["a.js", "sub/manifest.json"]),
        (["a.js", "manifest.bundler.json"], ["a.js", "manifest.bundler.json"]),
    ],
)
def test_paths(paths: list[str], inside: list[str]) -> None:
    assert list(release_paths(paths).values()) == inside


def test_two_files_never_get_one_path() -> None:
    with pytest.raises(Refused) as refused:
        release_paths(["a.js", "manifest.json", "Manifest.Bundler.json"])
    assert refused.value.code == "path_duplicate"


@pytest.mark.parametrize(
    "paths", [["package/edgeship.json"], ["edgeship.json"], ["dist/.hidden", "dist/edgeship.json"]]
)
def test_what_holds_nothing_to_publish_under_its_top_folder_is_empty(paths: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        release_paths(paths)
    assert refused.value.code == "empty"
