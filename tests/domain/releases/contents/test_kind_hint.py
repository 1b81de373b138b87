from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.kind_hint import kind_hint
from edgeship.domain.releases.contents.package_json import read_package
from edgeship.domain.releases.entry import Kind, Syntax, kind_of

MODULE, CLASSIC = Kind.MODULE, Kind.CLASSIC


@pytest.mark.parametrize(
    ("path", "package", "kind"),
    [
        ("dist/a.umd.js", None, CLASSIC),
        ("umd/a.min.js", {"type": "module", "module": "umd/a.min.js"}, CLASSIC),
        ("a.global.js", None, CLASSIC),
        ("a.esm.min.js", {"main": "a.esm.min.js"}, MODULE),
        ("lib/esm/a.js", None, MODULE),
        ("esm/a.umd.js", None, None),
        ("a.min.js", None, None),
        ("a.js", {}, None),
        ("a.js", {"module": "./a.js", "main": "a.js"}, MODULE),
        ("a.js", {"exports": {".": {"browser": {"import": ["./a.js"]}}}, "main": "a.js"}, MODULE),
        ("a.js", {"exports": {"import": "./b.js", "require": "./a.js"}, "main": "./a.js"}, CLASSIC),
        ("a.js", {"main": "a.js"}, CLASSIC),
        ("a.js", {"main": "a.js", "type": "commonjs"}, CLASSIC),
        # Bundles for script tags lie in packages of modules, so the type alone says nothing.
        ("a.js", {"main": "a.js", "type": "module"}, None),
        ("a.js", {"main": "b.js", "unpkg": "a.js"}, None),
        ("a.js", {"module": 1, "exports": [[]], "main": {}}, None),
    ],
)
def test_what_an_author_says_of_a_script(path: str, package: dict[str, Any] | None, kind: Kind | None) -> None:
    read = read_package(json.dumps(package).encode()) if package is not None else None
    assert kind_hint(path, read) == kind


def test_a_hint_counts_only_where_the_parse_and_the_uploader_say_nothing() -> None:
    part, whole = Syntax(None, complete=False), Syntax(None)
    module = Syntax("an import statement", complete=False)
    assert kind_of("a.js", None, part, MODULE) is MODULE
    assert kind_of("a.js", None, whole, MODULE) is CLASSIC
    assert kind_of("a.js", None, module, CLASSIC) is MODULE
    assert kind_of("a.js", CLASSIC, part, MODULE) is CLASSIC
    with pytest.raises(Refused):
        kind_of("a.js", None, part, None)
