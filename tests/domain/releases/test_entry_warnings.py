from __future__ import annotations

import pytest

from edgeship.domain.releases.contents.entry_warnings import MAX_CANDIDATES, candidates, entry_warning
from edgeship.domain.releases.entry import Syntax

COMMON_JS = Syntax(None, common_js="require")


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["index.js", "cjs/a.min.js", "server.browser.js", "a.node.mjs", "umd/readme.txt"], []),
        (
            ["dist/a.esm.js", "dist/a.min.js", "dist/a.js", "umd/a.production.js", "src/a.js"],
            ["umd/a.production.js", "dist/a.min.js", "dist/a.esm.js"],
        ),
        (["lib/deep/vue.global.js", "vue.iife.js", "es/a.js"], ["vue.iife.js", "lib/deep/vue.global.js", "es/a.js"]),
    ],
)
def test_which_files_are_made_for_browsers(paths: list[str], found: list[str]) -> None:
    assert candidates(paths, "index.js") == found


def test_candidates_are_few() -> None:
    assert len(candidates([f"{n}.min.js" for n in range(100)], "0.min.js")) == MAX_CANDIDATES


def test_a_warning_names_what_to_do() -> None:
    found = entry_warning("index.js", COMMON_JS, ["a.js", "b.js", "c.js", "d.js"])
    assert found is not None
    assert found.text == (
        "index.js is a CommonJS module (it uses require), which no browser can run. "
        "Name another entrypoint; made for browsers are a.js, b.js, c.js."
    )
    alone = entry_warning("index.js", COMMON_JS, [])
    assert alone is not None
    assert "build it with a bundler" in alone.text


@pytest.mark.parametrize("specifier", ["react", "@lit/reactive-element", "node:fs", "#internal", "chunk.js"])
def test_an_import_that_browsers_do_not_find_is_warned_about(specifier: str) -> None:
    found = entry_warning("index.mjs", Syntax("an import statement", ("./a.js", specifier)), [])
    assert found is not None
    assert (found.code, specifier in found.text) == ("bare_import", True)


@pytest.mark.parametrize(
    "specifier", ["./a.js", "../a.js", "/a.js", "https://cdn.example.com/a.js", "data:text/javascript,1"]
)
def test_an_import_that_browsers_find_is_not(specifier: str) -> None:
    assert entry_warning("index.mjs", Syntax("an import statement", (specifier,)), []) is None
