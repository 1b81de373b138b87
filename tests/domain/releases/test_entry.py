from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.releases.entry import Entry, Kind, Syntax, entry_of, imported_files, kind_of

PLAIN, MODULE = Syntax(None), Syntax("an import statement", ("./a.js",))
SHA256 = hashlib.sha256(b"bytes").hexdigest()
INTEGRITY = "sha256-" + base64.b64encode(hashlib.sha256(b"bytes").digest()).decode()


@pytest.mark.parametrize(
    ("path", "declared", "syntax", "kind"),
    [
        ("widget.js", None, PLAIN, Kind.CLASSIC),
        ("widget.js", None, MODULE, Kind.MODULE),
        ("widget.js", Kind.MODULE, PLAIN, Kind.MODULE),
        ("widget.js", Kind.CLASSIC, PLAIN, Kind.CLASSIC),
        ("widget.js", Kind.MODULE, MODULE, Kind.MODULE),
        ("Widget.JS", None, MODULE, Kind.MODULE),
        ("widget.mjs", None, PLAIN, Kind.MODULE),
        ("widget.cjs", None, PLAIN, Kind.CLASSIC),
        ("index.html", None, None, Kind.HTML),
        ("a/index.htm", Kind.HTML, None, Kind.HTML),
        ("theme.css", None, None, Kind.STYLE),
        ("logo.svg", None, None, Kind.ASSET),
        ("LICENSE", Kind.ASSET, None, Kind.ASSET),
        ("data.json", None, None, Kind.ASSET),
    ],
)
def test_the_kind_of_an_entry(path: str, declared: Kind | None, syntax: Syntax | None, kind: Kind) -> None:
    assert kind_of(path, declared, syntax) is kind


@pytest.mark.parametrize(
    ("path", "declared", "syntax", "says"),
    [
        ("widget.js", Kind.CLASSIC, MODULE, "'module': it has an import statement"),
        ("widget.js", Kind.STYLE, PLAIN, "'classic': it is a script"),
        ("widget.mjs", Kind.CLASSIC, PLAIN, "'module': its name says so"),
        ("widget.cjs", Kind.MODULE, PLAIN, "'classic': its name says so"),
        ("index.html", Kind.MODULE, None, "'html': its name says so"),
    ],
)
def test_a_contradiction_is_refused(path: str, declared: Kind, syntax: Syntax | None, says: str) -> None:
    with pytest.raises(Refused) as refused:
        kind_of(path, declared, syntax)
    assert refused.value.code == "declaration_mismatch"
    assert repr(path) in refused.value.reason
    assert says in refused.value.reason


@given(st.sampled_from(Kind), st.sampled_from([PLAIN, MODULE]))
def test_a_declared_kind_is_the_kind_or_refused(declared: Kind, syntax: Syntax) -> None:
    try:
        assert kind_of("widget.js", declared, syntax) is declared
    except Refused:
        assert declared is not kind_of("widget.js", None, syntax)


@pytest.mark.parametrize(
    ("kind", "path", "others", "alone", "style"),
    [
        (Kind.MODULE, "widget.js", (), True, None),
        (Kind.MODULE, "widget.js", ("logo.svg", "data.json", "widget.js.map", "LICENSE"), True, None),
        (Kind.MODULE, "widget.js", ("chunk.js",), False, None),
        (Kind.CLASSIC, "widget.js", ("worker.mjs",), False, None),
        (Kind.CLASSIC, "widget.js", ("a/node.CJS",), False, None),
        (Kind.CLASSIC, "widget.js", ("a.wasm",), False, None),
        (Kind.CLASSIC, "widget.js", ("fonts/a.woff2",), False, None),
        (Kind.MODULE, "widget.js", ("only.css",), False, "only.css"),
        (Kind.MODULE, "widget.js", ("other.css", "style.css"), False, "style.css"),
        (Kind.MODULE, "widget.js", ("other.css", "another.css"), False, None),
        (Kind.MODULE, "widget.js", ("assets/style.css",), False, None),
        (Kind.CLASSIC, "dist/widget.js", ("dist/style.css", "style.css", "dist/x.css"), False, "dist/style.css"),
        (Kind.HTML, "index.html", (), True, None),
        (Kind.HTML, "index.html", ("logo.svg",), False, None),
        (Kind.HTML, "index.html", ("style.css",), False, None),
        (Kind.STYLE, "theme.css", (), True, None),
        (Kind.STYLE, "theme.css", ("background.png",), False, None),
        (Kind.ASSET, "logo.svg", ("logo.png",), False, None),
    ],
)
def test_what_is_beside_an_entry(
    kind: Kind, path: str, others: tuple[str, ...], alone: bool, style: str | None
) -> None:
    assert entry_of(kind, path, SHA256, (path, *others)) == Entry(kind, INTEGRITY, alone, style)


@pytest.mark.parametrize(
    ("path", "specifiers", "imported"),
    [
        ("widget.js", ("./a.js", "./b/c.js", "./a.js"), ("a.js", "b/c.js")),
        ("b/widget.js", ("../a.js", "./c.js", "./widget.js"), ("a.js", "b/c.js")),
        ("widget.js", ("./a.js?v=1", "react", "https://esm.sh/x", "/a.js", "./gone.js", "../a.js"), ("a.js",)),
    ],
)
def test_the_files_that_an_entry_imports(path: str, specifiers: tuple[str, ...], imported: tuple[str, ...]) -> None:
    assert imported_files(path, specifiers, {"widget.js", "b/widget.js", "a.js", "b/c.js"}) == imported
