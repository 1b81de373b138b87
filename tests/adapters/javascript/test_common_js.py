from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.adapters.javascript.parser import MAX_PARSED_BYTES, JavaScriptParser
from edgeship.domain.releases.entry import Syntax

UMD = "(function(g,f){typeof exports==='object'&&typeof module!=='undefined'?module.exports=f():g.x=f()})(this,()=>1);"


def common_js(source: str, folder: Path) -> str | None:
    (folder / "script").write_text(source)
    return JavaScriptParser().syntax(folder / "script").common_js


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("module.exports = 1", "module.exports"),
        (
            "'use strict';if (process.env.NODE_ENV === 'production') {module.exports = require('./a.js')}",
            "module.exports",
        ),
        ("module.exports.a = 1", "module.exports"),
        ("Object.defineProperty(exports, '__esModule', {value: true})", "exports"),
        ("exports.a = exports.b = void 0", "exports"),
        ("var a = require('./a.js')", "require"),
        ("const {a} = require(`a`).b", "require"),
        ("var a = x ? 1 : require('a')", "require"),
        ("try { a() } finally { module.exports = 1 }", "module.exports"),
        # Code that asks first.
        (UMD, None),
        ("if (typeof module === 'object' && module.exports) module.exports = 1; else window.a = 1", None),
        ("typeof module !== 'undefined' && (module.exports = 1)", None),
        ("typeof exports != 'undefined' ? exports.a = 1 : window.a = 1", None),
        ("if (typeof(exports) !== 'undefined') { exports.a = 1 }", None),
        ("try { module.exports = 1 } catch (e) {}", None),
        # The script's own names, and those of others.
        ("var exports = {}; exports.a = 1", None),
        ("var module = {exports: {}}; module.exports.a = 1", None),
        ("function require(a) { return a } require('a')", None),
        ("a.exports = b.require('c'); module.hot; exports = exports || 1".replace("exports = exports || 1", ""), None),
        ("var a = {require: 1, exports: 2, module: 3}", None),
        ("require(['a'], a => 1); require.config({})", None),
        ("function f() { module.exports = require('a') } const g = () => exports", None),
        ("class A { m() { exports.a = 1 } }", None),
        ("typeof exports", None),
        ("// module.exports = 1\n'require(1)'; /exports/", None),
        # A module has none of these names.
        ("import './a.js'; module.exports = 1", None),
        ("await 1; exports.a = 1", None),
        # Where the parser had to guess, nothing is said.
        ("module.exports = 1; }{", None),
    ],
)
def test_what_makes_a_script_a_common_js_module(source: str, found: str | None, tmp_path: Path) -> None:
    assert common_js(source, tmp_path) == found
    # In a process of its own, it is the same.
    assert common_js(f"{source};{' ' * 40_000}", tmp_path) == found


def test_a_script_that_is_too_large_to_be_parsed_is_no_module_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(b"exports.a=1;" * (MAX_PARSED_BYTES // 12 + 1))
    assert JavaScriptParser().syntax(tmp_path / "script") == Syntax(None)
