"""What is kept in the archive, and never published."""

import pytest

from edgeship.domain.releases.contents.withheld import is_public


@pytest.mark.parametrize(
    "path",
    [
        *(".env", "a/.git/config", ".DS_Store", "assets/._a.svg", "__MACOSX/a.js", "__MACOSX/dist/._a.js"),
        *("widget.js.map", "widget.JS.MAP", "widget.css.map.br", "widget.js.map.gz", "a/b.mjs.map.zst"),
        *("a.test.js", "a/b.spec.mjs", "a.Test.jsx", "a.spec.ts.snap", "__tests__/a.js", "a/__tests__/b/c.js"),
        *("a.map.gz.br", "a.css.map.xz", "a.map.deflate", "a.MAP.ZSTD", "login.cy.js", "flow.e2e.mjs", "a.tests.js"),
        *("__mocks__/a.js", "b/__snapshots__/a.js", "__fixtures__/x.json", "Thumbs.db", "a/desktop.ini"),
    ],
)
def test_what_is_withheld(path: str) -> None:
    assert not is_public(path)


@pytest.mark.parametrize(
    "path",
    [
        "map.js",
        "maps/a.js",
        "test.js",
        "spec.js",
        "latest.js",
        "a.testing.js",
        ".well-known/x.json",
        "tests.js",
        "a.map.js",
        "sitemap",
        "a.mapping",
    ],
)
def test_what_only_resembles_it(path: str) -> None:
    assert is_public(path)


def test_what_is_public() -> None:
    assert is_public("widget.js")
    assert not is_public("widget.js.map")
    assert not is_public("sub/a.test.js")
    assert not is_public("edgeship.json")
    assert is_public("sub/edgeship.json")
