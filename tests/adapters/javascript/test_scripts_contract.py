"""The port `Scripts`: the fake reads what tests write, the parser reads what the world writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.adapters.javascript.parser import JavaScriptParser
from edgeship.application.releases.ports import Scripts
from edgeship.domain.releases.entry import Syntax
from tests.fakes.releases import FakeScripts


@pytest.fixture(params=[FakeScripts, JavaScriptParser])
def scripts(request: pytest.FixtureRequest) -> Scripts:
    made: Scripts = request.param()
    return made


@pytest.mark.parametrize(
    ("source", "syntax"),
    [
        ("", Syntax(None)),
        ("console.log('hello');\n", Syntax(None)),
        ("// export is not here\nwindow.checkout = 1;\n", Syntax(None)),
        ("import './chunk.js';\n", Syntax("an import statement", ("./chunk.js",))),
        (
            "import { a } from './a.js';\nimport b from \"./b.js\";\n",
            Syntax("an import statement", ("./a.js", "./b.js")),
        ),
        ("export { a } from './a.js';\nexport const b = 1;\n", Syntax("an export statement", ("./a.js",))),
        ("const answer = 42;\nexport default answer;\n", Syntax("an export statement", default_export=True)),
        ("import('./lazy.js');\n", Syntax(None, dynamic_imports=("./lazy.js",))),
        ("await fetch('/x');\n", Syntax("a top-level await")),
        ("module.exports = 1;\n", Syntax(None, common_js="module.exports")),
        ("exports.a = 1;\n", Syntax(None, common_js="exports")),
        ("require('./a.js');\n", Syntax(None, common_js="require")),
    ],
)
def test_what_the_syntax_says(scripts: Scripts, source: str, syntax: Syntax, tmp_path: Path) -> None:
    (tmp_path / "script").write_text(source)
    assert scripts.syntax(tmp_path / "script") == syntax


def test_bytes_that_are_no_javascript_say_nothing(scripts: Scripts, tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(bytes(range(256)) * 10)
    assert scripts.syntax(tmp_path / "script") == Syntax(None)
