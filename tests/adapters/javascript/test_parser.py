"""Modules and classic scripts as bundlers write them, and what only looks like the one or the other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgeship.adapters.javascript import tree
from edgeship.adapters.javascript.parser import MAX_PARSED_BYTES, JavaScriptParser
from edgeship.adapters.javascript.tree import MAX_DEPTH
from edgeship.domain.releases.entry import Syntax

IMPORT, EXPORT = "an import statement", "an export statement"
META, AWAIT = "import.meta", "a top-level await"

UMD = """(function (root, factory) {
  if (typeof define === 'function' && define.amd) define(['exports'], factory);
  else if (typeof module === 'object' && module.exports) factory(module.exports);
  else factory((root.checkout = {}));
})(typeof self !== 'undefined' ? self : this, function (exports) { 'use strict'; exports.mount = function () {}; });
"""
WEBPACK = """(()=>{"use strict";var e={},t={};function r(o){var n=t[o];if(void 0!==n)return n.exports;
var i=t[o]={exports:{}};return e[o](i,i.exports,r),i.exports}r.p="auto";r.e=e=>Promise.all([]);
r.e(42).then(r.bind(r,42)).then((async({mount:e})=>{await e()}))})();
//# sourceMappingURL=widget.js.map
"""
VITE = 'import{r as e,a as t}from"./vendor-BK3x.js";import"./chunk.js";const n=()=>e(t);export{n as mount};\n'
ROLLUP = "const mount = () => {};\n\nexport { mount as default };\n//# sourceMappingURL=widget.js.map\n"
ESBUILD_IIFE = '"use strict";(()=>{var o=Object.defineProperty;var e=(a=>a)(1);window.checkout=e})();\n'
ESBUILD_CHUNK = "var a=Object.defineProperty;export{a};\n"
SYSTEM = (
    'System.register(["./chunk.js"], function (exports) { return { execute: function () { exports("x", 1); } }; });\n'
)
PRELOAD = 'const p=()=>import("./lazy.js");document.addEventListener("load",async()=>{(await p()).mount()});\n'


@pytest.mark.parametrize(
    ("source", "module_only", "imports"),
    [
        (UMD, None, ()),
        (WEBPACK, None, ()),
        (VITE, IMPORT, ("./vendor-BK3x.js", "./chunk.js")),
        (ROLLUP, EXPORT, ()),
        (ESBUILD_IIFE, None, ()),
        (ESBUILD_CHUNK, EXPORT, ()),
        (SYSTEM, None, ()),
        (PRELOAD, None, ()),
        ("#!/usr/bin/env node\nexport{};", EXPORT, ()),
        ("#!/usr/bin/env import\nvar a;", None, ()),
        ("'use strict';\nimport a from './a.js';", IMPORT, ("./a.js",)),
        ("/* export default 1 */ // import './a.js'\nvar a = 'import x from \"y\"';", None, ()),
        ("var a = `\nexport { b };\nimport './c.js';\n`;", None, ()),
        ("var a = `${`export {}`}`; var b = /import.meta/.test('await x');", None, ()),
        ("var a = b / import_ / c; exports.d = e.export; f.import = { await: 1 }.await;", None, ()),
        ("<!-- export\nvar a = 1;\n--> import\n", None, ()),
        ("export * from './a.js'; export * as b from './b.js'; export {}", EXPORT, ("./a.js", "./b.js")),
        ("import a, { b as c } from './a.js'; import * as d from './a.js'", IMPORT, ("./a.js",)),
        ("import a from './a.json' with { type: 'json' };", IMPORT, ("./a.json",)),
        ("export default class { #a = 1; static { this.b = 2; } }", EXPORT, ()),
        ("import defer * as x from './a.js';", IMPORT, ("./a.js",)),
        ("import './\\x61.js'; import './b.js'", IMPORT, ("./b.js",)),
        ("new URL('style.css', import.meta.url)", META, ()),
        ("(function () { return () => import /* here */ . meta.env; })()", META, ()),
        ("function f() { return new.target; } import('./a.js')", None, ()),
        ("const a = await import('./a.js');", AWAIT, ()),
        ("if (a) { try { await b; } finally {} }", AWAIT, ()),
        ("for await (const a of b) {}", AWAIT, ()),
        ("const f = (a = 1) => a; class A { async m() { await 1; } }; label: { await f; }", AWAIT, ()),
        ("await (async () => { await 1; })();", AWAIT, ()),
        ("async function f() { for await (const a of b) await a; } f();", None, ()),
        ("const f = async () => await g(), h = { async i() { await j } };", None, ()),
        ("class A { b = async () => { await c }; async *d() { await e } }", None, ()),
        ("var await = 1; await(2); console.log(await);", None, ()),
        ("function await(a) { return a } await(1);", None, ()),
        ("const x = (await) => await;", None, ()),
        ("import a from './a.js'; this is } not JavaScript (", IMPORT, ("./a.js",)),
        ("this is } not JavaScript ( import.meta await x", None, ()),
        ("var \u00fcber = 'ö'; export { \u00fcber };", EXPORT, ()),
        ("\ufeffexport {};", EXPORT, ()),
    ],
)
def test_modules_and_scripts(source: str, module_only: str | None, imports: tuple[str, ...], tmp_path: Path) -> None:
    found = syntax(source.encode(), tmp_path)
    assert (found.module_only, found.imports) == (module_only, imports)


@pytest.mark.parametrize(
    ("source", "imports"),
    [
        (PRELOAD, ("./lazy.js",)),
        ("import(`./a.js`);import('./b.js');import(\"./a.js\")", ("./a.js", "./b.js")),
        ("import(/* webpackChunkName: 'a' */ './a.js', { with: { type: 'json' } })", ("./a.js",)),
        ("import /* here */ ('./a.js')", ("./a.js",)),
        ("import(`./${a}.js`);import(a);import('./a' + '.js');import();import('./\\x61.js')", ()),
        ("// import('./a.js')\nvar a = \"import('./b.js')\", b = /import('c')/, d = e.import('./f.js')", ()),
        ("import './a.js';\nexport const b = () => [import('./c.js')]", ("./c.js",)),
        (
            "f(() => m(() => import(`./lazy-rqHuXB50.js`), __vite__mapDeps([0]), import.meta.url))",
            ("./lazy-rqHuXB50.js",),
        ),
        ("this is } not JavaScript ( import('./a.js')", ("./a.js",)),
    ],
)
def test_dynamic_imports(source: str, imports: tuple[str, ...], tmp_path: Path) -> None:
    assert syntax(source.encode(), tmp_path).dynamic_imports == imports


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("export default 1", True),
        ("export default function () {}", True),
        ("export default class A {}", True),
        ("const a = 1; export { b, a as default };", True),
        ("export{default}from'./a.js'", True),
        ("export * as default from './a.js'", True),
        ("export { a as 'default' } from './a.js'", True),
        (ROLLUP, True),
        (VITE, False),
        ("export * from './a.js'", False),
        ("export { default as a } from './a.js'", False),
        ("export const a = { default: 1 }; switch (a) { default: b() }", False),
        ("export function f(a) { switch (a) { default: return 1 } }", False),
        ("import { default as a } from './a.js'; import b from './b.js'", False),
        ("var a = 'export default 1' // export default 2", False),
    ],
)
def test_a_default_export(source: str, expected: bool, tmp_path: Path) -> None:
    assert syntax(source.encode(), tmp_path).default_export is expected


def syntax(source: bytes, folder: Path) -> Syntax:
    (folder / "script").write_bytes(source)
    return JavaScriptParser().syntax(folder / "script")


LARGE = b"var a = 'import';\n" * (MAX_PARSED_BYTES // 18 + 1)
DEEP = b"[" * (MAX_DEPTH + 1)
PART = Syntax(None, complete=False)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"import './a.js';\n" + LARGE, replace(PART, module_only=IMPORT, imports=("./a.js",))),
        (LARGE + b"export{a as b,c};\n", replace(PART, module_only=EXPORT)),
        (
            LARGE + b"export default a;\n//# sourceMappingURL=a.js.map\n",
            replace(PART, module_only=EXPORT, default_export=True),
        ),
        (LARGE + b"exports.default = a;\n", PART),
        (LARGE + b"import.meta.url\n", PART),
        (b"import './a.js';" + DEEP, PART),
        (DEEP + b"]" * len(DEEP) + b";export{a};", replace(PART, module_only=EXPORT)),
        (b"a?b:" * 200_000 + b"await", PART),
        (b"import('./a.js');" * 20_000 + b"await(1);" * 20_000 + b"import.meta", Syntax(META, (), ("./a.js",))),
        (b"async()=>{await 1;" * 5_000 + b"}" * 5_000, Syntax(None)),
    ],
)
def test_what_is_too_large_or_too_deep_is_read_at_its_ends(source: bytes, expected: Syntax, tmp_path: Path) -> None:
    assert syntax(source, tmp_path) == expected


def test_recovery_from_errors_ends_at_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = b"import './a.js';" + (b"a?b:" * 50 + b";") * 20
    assert tree.whole_syntax(source) == Syntax(IMPORT, ("./a.js",))
    monkeypatch.setattr(tree, "WHOLE_SECONDS", 0.0)
    monkeypatch.setattr(tree, "ENDS_SECONDS", 0.0)
    assert tree.whole_syntax(source) is None
    assert tree.ends_syntax(source, source + b"export{a};") == replace(PART, module_only=EXPORT)


def test_text_of_many_bytes_is_read_whole(tmp_path: Path) -> None:
    source = "var \u00fcber = '\u20ac\U0001f600' + `${a}`;\n" * 5_000 + "import a from './\u00fc.js';"
    assert syntax(source.encode(), tmp_path) == Syntax(IMPORT, ("./\u00fc.js",))
