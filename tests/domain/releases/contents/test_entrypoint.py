"""Which file pages load: the declared one, then what package.json names, then the usual names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.entrypoint import choose_entrypoint


@pytest.mark.parametrize(
    ("declared", "paths", "chosen"),
    [
        (None, ["widget.js", "index.js"], "widget.js"),
        (None, ["checkout.js", "widget.js"], "checkout.js"),
        (None, ["index.js", "x.js"], "index.js"),
        (None, ["page.html", "theme.css", "logo.svg"], "page.html"),
        (None, ["theme.css", "fonts/a.woff2"], "theme.css"),
        (None, ["theme.CSS", "more/b.css"], "theme.CSS"),
        (None, ["only.mjs", "page.html"], "only.mjs"),
        ("data/logo.svg", ["data/logo.svg", "data/b.json"], "data/logo.svg"),
        (None, ["only.mjs", "a.css", "lib/x.js"], "only.mjs"),
        ("lib/x.js", ["widget.js", "lib/x.js"], "lib/x.js"),
        (None, ["index.mjs", "other.mjs"], "index.mjs"),
        (None, ["checkout.min.js", "other.js"], "checkout.min.js"),
        (None, ["index.min.js", "other.js"], "index.min.js"),
        (None, ["checkout.mjs", "other.js"], "checkout.mjs"),
        (None, ["index.html", "index.mjs"], "index.html"),
    ],
)
def test_chooses_the_entrypoint(declared: str | None, paths: list[str], chosen: str) -> None:
    assert choose_entrypoint("checkout", declared, paths) == chosen


@pytest.mark.parametrize(
    ("declared", "paths"),
    [("gone.js", ["widget.js"]), (None, ["a.js", "b.js", "page.html"]), (None, ["a.css", "b.css"]), (None, ["a.wasm"])],
)
def test_refuses_without_an_entrypoint(declared: str | None, paths: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        choose_entrypoint("checkout", declared, paths)
    assert refused.value.code == "entrypoint_missing"
    assert declared is not None or repr(paths[0]) in refused.value.remedy


@pytest.mark.parametrize(
    ("proposed", "chosen"),
    [
        ("dist/x.js", "dist/x.js"),
        ("./dist/x.js", "dist/x.js"),
        ("/dist/x.js", "dist/x.js"),
        ("dist/x", "dist/x.js"),
        ("dist", "dist/index.js"),
        ("./dist/", "dist/index.js"),
        ("page.html", "page.html"),
        ("theme.css", "theme.css"),
        # Not there, no script, private, or outside: the usual names count.
        ("gone.js", "widget.js"),
        ("data.json", "widget.js"),
        ("x.test.js", "widget.js"),
        ("../dist/x.js", "widget.js"),
        ("", "widget.js"),
    ],
)
def test_what_a_package_proposes(proposed: str, chosen: str) -> None:
    paths = ["widget.js", "dist/x.js", "dist/index.js", "page.html", "theme.css", "data.json"]
    assert choose_entrypoint("checkout", None, paths, (proposed,)) == chosen
    assert choose_entrypoint("checkout", "data.json", paths, (proposed,)) == "data.json"


@given(st.lists(st.text(max_size=12), max_size=4), st.sets(st.sampled_from(["a.js", "d/a.js", "b.css"]), min_size=1))
def test_it_is_always_a_file_of_the_bundle(proposed: list[str], others: set[str]) -> None:
    assert choose_entrypoint("checkout", None, [*others, "widget.js"], proposed) in {*others, "widget.js"}
