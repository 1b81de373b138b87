from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.releases.entry import Entry, Kind, Syntax, entry_of, imported_files, kind_of, may_import, style_of

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


@given(st.text(st.sampled_from("./'\"abwidget%37s?"), max_size=60), st.sampled_from(["widget.js", "a/b.js"]))
def test_a_script_that_imports_a_file_may_import_it(specifier: str, target: str) -> None:
    if imported_files("a/lazy.js", (specifier,), (target,)) and not set("'\"") & set(specifier):
        assert may_import("a/lazy.js", [f"import '{specifier}'".encode()], target)


@pytest.mark.parametrize(("declared", "kind"), [(Kind.MODULE, Kind.MODULE), (Kind.CLASSIC, Kind.CLASSIC), (None, None)])
def test_of_a_script_that_was_not_read_whole_the_declared_kind_counts(declared: Kind | None, kind: Kind | None) -> None:
    part = Syntax(None, complete=False)
    if kind is None:
        with pytest.raises(Refused, match="publish --kind") as refused:
            kind_of("widget.js", declared, part)
        assert refused.value.code == "kind_unknown"
    else:
        assert kind_of("widget.js", declared, part) is kind
    assert kind_of("widget.js", None, Syntax("an import statement", complete=False)) is Kind.MODULE


@given(st.sampled_from(Kind), st.sampled_from([PLAIN, MODULE]))
def test_a_declared_kind_is_the_kind_or_refused(declared: Kind, syntax: Syntax) -> None:
    try:
        assert kind_of("widget.js", declared, syntax) is declared
    except Refused:
        assert declared is not kind_of("widget.js", None, syntax)


@pytest.mark.parametrize(
    ("kind", "path", "others", "alone"),
    [
        (Kind.MODULE, "widget.js", (), True),
        (Kind.MODULE, "widget.js", ("logo.svg", "data.json", "widget.js.map", "LICENSE"), True),
        (Kind.MODULE, "widget.js", ("chunk.js",), False),
        (Kind.CLASSIC, "widget.js", ("worker.mjs",), False),
        (Kind.CLASSIC, "widget.js", ("a/node.CJS",), False),
        (Kind.CLASSIC, "widget.js", ("a.wasm",), False),
        (Kind.CLASSIC, "widget.js", ("fonts/a.woff2",), False),
        (Kind.MODULE, "widget.js", ("assets/a.css",), False),
        (Kind.HTML, "index.html", (), True),
        (Kind.HTML, "index.html", ("logo.svg",), False),
        (Kind.STYLE, "theme.css", (), True),
        (Kind.STYLE, "theme.css", ("background.png",), False),
        (Kind.ASSET, "logo.svg", ("logo.png",), False),
    ],
)
def test_which_entries_are_alone(kind: Kind, path: str, others: tuple[str, ...], alone: bool) -> None:
    assert entry_of(kind, path, SHA256, (path, *others), "s.css") == Entry(kind, INTEGRITY, alone, "s.css")


@pytest.mark.parametrize(
    ("path", "source", "others", "style"),
    [
        ("widget.js", b"", (), None),
        ("widget.js", b"", ("only.css", "widget.js.map"), "only.css"),
        ("widget.js", b"", ("other.css", "style.css"), "style.css"),
        ("widget.js", b"", ("other.css", "another.css"), None),
        ("widget.js", b"", ("assets/style.css",), None),
        ("dist/widget.js", b"", ("dist/style.css", "style.css", "dist/x.css"), "dist/style.css"),
        ("widget.js", b"load(new URL('./style.css', import.meta.url))", ("style.css",), None),
    ],
)
def test_the_stylesheet_that_goes_with_a_script(
    path: str, source: bytes, others: tuple[str, ...], style: str | None
) -> None:
    assert style_of(path, [source], (path, *others)) == style


FILES = ("widget.js", "b/widget.js", "a.js", "b/c.js", "b/my widget.js", "b/\u00fc.js")


@pytest.mark.parametrize(
    ("path", "specifiers", "imported"),
    [
        ("widget.js", ("./a.js", "./b/c.js", "./a.js"), ("a.js", "b/c.js")),
        ("b/widget.js", ("../a.js", "./c.js", "./widget.js"), ("a.js", "b/c.js", "b/widget.js")),
        ("b/c.js", ("../widget.js", "./my%20widget.js", "./\u00fc.js"), ("widget.js", "b/my widget.js", "b/\u00fc.js")),
        ("widget.js", ("./a.js?v=1", "react", "https://esm.sh/x", "/a.js", "./gone.js", "../a.js"), ("a.js",)),
    ],
)
def test_the_files_that_an_entry_imports(path: str, specifiers: tuple[str, ...], imported: tuple[str, ...]) -> None:
    assert imported_files(path, specifiers, FILES) == imported


@pytest.mark.parametrize(
    ("path", "source", "found"),
    [
        ("lazy.js", 'import{s}from"./widget.js";', True),
        ("lazy.js", "import(`./widget.js`)", True),
        ("a/lazy.js", "export * from '../widget.js?a=1'", True),
        ("a/lazy.js", "import './widget.js'", False),
        ("lazy.js", "import './my-widget.js'", False),
        ("lazy.js", "import 'widget.js'; // ./widget.js", False),
        ("lazy.js", "import './%77idget.js'", True),
        ("lazy.js", "import './x/../widget.js'", True),
        ("lazy.js", "'./%'," * 2_000, True),
        ("lazy.js", "'./a'," * 2_000, False),
    ],
)
def test_what_a_script_without_such_a_string_does_not_import(path: str, source: str, found: bool) -> None:
    assert may_import(path, [source.encode()], "widget.js") is found
