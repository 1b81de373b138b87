"""The code of the CloudFront Functions: its size, and the part of JavaScript that it keeps to."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra import router_code as module
from infra.router_code import MAX_CODE_BYTES, NotInSubset, check_subset, moving_headers_code, router_code, token_code
from tests.edge.router.engines import ENGINES, EXPOSED, Engine
from tests.support.repository import ROOT


def the_router(root: Path = ROOT, **options: object) -> str:
    given = {"root_widget": "x" * 63, "pointer_max_age": 31_536_000, "exposed_headers": EXPOSED, **options}
    return router_code(root, **given)  # type: ignore[arg-type]


def the_headers() -> str:
    return moving_headers_code(ROOT, pointer_max_age=31_536_000)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """The functions' sources, in a project that a test may change."""
    shutil.copytree(ROOT / module.FOLDER, tmp_path / module.FOLDER)
    return tmp_path


def test_the_code_fits_into_a_function() -> None:
    assert MAX_CODE_BYTES == 10_240
    for code in (the_router(), the_headers(), token_code(ROOT)):
        assert len(code.encode()) < MAX_CODE_BYTES
        assert code.isascii()


def test_the_same_source_and_options_give_the_same_code(copied: Path) -> None:
    assert the_router() == the_router() == the_router(copied)
    assert the_router(root_widget=None) != the_router()
    assert the_router(pointer_max_age=60) != the_router()
    assert the_headers() == the_headers()


def test_comments_are_left_out() -> None:
    for code in (the_router(), the_headers()):
        assert "https://docs.aws.amazon.com" not in code
        assert "/*" not in code


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_engines_take_it(engine: Engine, tmp_path: Path) -> None:
    assert engine.run(tmp_path, [], []) == []
    assert engine.moving_headers(tmp_path, []) == []


def test_a_code_that_is_too_long_is_refused(copied: Path) -> None:
    (copied / module.FOLDER / "store.js").write_text(f"const long = '{'x' * 10_240}';")
    with pytest.raises(NotInSubset, match=r"has \d\d,\d{3} bytes, and at most 10,240"):
        the_router(copied)


def test_a_source_outside_of_the_subset_is_refused_by_name(copied: Path) -> None:
    with (copied / module.FOLDER / "choice.js").open("a") as source:
        source.write("class Choice {}\n")
    with pytest.raises(NotInSubset, match=r"functions/router/choice\.js uses a class"):
        the_router(copied)


OUTSIDE = [
    ("a class", "class A {}"),
    ("a class", "const a = class {};"),
    ("destructuring", "const { a } = b;"),
    ("destructuring", "let [a] = b;"),
    ("destructuring", "function f({ a }) {}"),
    ("destructuring", "const f = ([a]) => a;"),
    ("destructuring", "[a, b] = [b, a];"),
    ("destructuring", "for (const [a, b] of c) f(a);"),
    ("spread or rest", "f(...a);"),
    ("spread or rest", "const a = [...b];"),
    ("spread or rest", "const a = { ...b };"),
    ("spread or rest", "function f(...a) {}"),
    ("optional chaining", "a?.b;"),
    ("optional chaining", "a?.[0];"),
    ("optional chaining", "a?.();"),
    ("nullish coalescing", "a ?? b;"),
    ("nullish coalescing", "a ??= b;"),
    ("a generator", "function* f() {}"),
    ("a generator", "const a = { *f() {} };"),
    ("for await", "async function f() { for await (const a of b) g(a); }"),
    ("await in arguments", "async function f() { g(await h()); }"),
    ("await in arguments", "async function f() { g(1, await h()); }"),
    ("await in arguments", "async function f() { g(1 + (await h())); }"),
    ("await in arguments", "async function f() { new A(await h()); }"),
    ("await in arguments", "async function f() { g({ a: [await h()] }); }"),
    ("a named group or lookbehind", "const a = /(?<year>[0-9]+)/;"),
    ("a named group or lookbehind", "const a = /(?<!x)y/;"),
    ("a promise that it makes itself", "Promise.all([a]);"),
    ("a promise that it makes itself", "new Promise(f);"),
    ("eval", "eval('1');"),
    ("eval", "new Function('1');"),
    ("a timer or the network", "setTimeout(f, 1);"),
    ("a timer or the network", "setInterval(f, 1);"),
    ("a timer or the network", "fetch(a);"),
    ("a timer or the network", "new XMLHttpRequest();"),
    ("what is no JavaScript", "const a = ;"),
    ("what is no JavaScript", "function f( {"),
]


@pytest.mark.parametrize(("what", "source"), OUTSIDE)
def test_each_construct_outside_of_the_subset_is_refused_by_its_name(what: str, source: str) -> None:
    with pytest.raises(NotInSubset, match=rf"^functions/router/a\.js uses {what}, "):
        check_subset("a.js", source)


@pytest.mark.parametrize("source", dict.fromkeys(source for _, source in OUTSIDE))
@pytest.mark.parametrize(
    "kept",
    [
        "// it's {}\nf();",
        "f(); // {}",
        "/* it's\n{} */",
        "f('{}');",
        'f("{}");',
        "f(`{}`);",
        'const a = /^"|"$/; // {}',
    ],
)
def test_the_same_in_a_comment_or_a_string_is_none(kept: str, source: str) -> None:
    quote = kept[2] if kept.startswith("f(") and kept[2] in "'\"`" else ""
    escaped = source.replace("\\", "\\\\").replace(quote, "\\" + quote) if quote else source
    check_subset("a.js", kept.replace("{}", escaped))


@pytest.mark.parametrize(
    "source",
    [
        "async function f() { if (await g()) return await h(); }",
        "async function f() { const a = [await g()]; return a && (await h()); }",
        "const f = (a, b = 1) => a + b;",
        "const a = `${b}`;",
        "for (const a of b) f(a);",
        "a.fetch; a.eval; const b = { fetch: 1, class: 2 };",
        "const a = b ? .5 : 1;",
        "const a = /(?:x)(?=y)(?!z)/;",
        "g(async () => await h());",
    ],
)
def test_what_the_engine_has_is_taken(source: str) -> None:
    check_subset("a.js", source)
