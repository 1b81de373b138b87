from dataclasses import replace

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.releases.manifest import (
    Declaration,
    FileEntry,
    Manifest,
    check_declaration,
)
from edgeship.domain.version import Version

JS = FileEntry(3, "aa", "sha384-a", "text/javascript; charset=utf-8")
CSS = FileEntry(4, "bb", "sha384-b", "text/css; charset=utf-8")
MANIFEST = Manifest(
    widget="checkout",
    version=Version.parse("1.0.0"),
    created_at="2026-11-23T10:00:00.000Z",
    git_commit="0123abc",
    entrypoint="widget.js",
    files={"widget.js": JS, "a.css": CSS},
)


def test_the_digest_is_of_what_is_served() -> None:
    assert MANIFEST.digest == "0e7259deed13e47b4d2bfbb023a8395c3728d7c367929e554092c2632bb42519"
    same = replace(MANIFEST, created_at="another time", git_commit=None, files={"a.css": CSS, "widget.js": JS})
    assert same.digest == MANIFEST.digest
    assert replace(MANIFEST, entrypoint="a.css").digest != MANIFEST.digest
    assert replace(MANIFEST, files={"widget.js": JS}).digest != MANIFEST.digest
    assert replace(MANIFEST, files={"widget.js": JS, "b.css": CSS}).digest != MANIFEST.digest


@pytest.mark.parametrize(
    ("declared", "says"),
    [
        (Declaration(), None),
        (Declaration(widget="checkout", version="1.0.0"), None),
        (Declaration(files={"widget.js": {"sha256": "aa", "size": 3}, "a.css": {}}), None),
        (Declaration(widget="other"), "widget 'other'"),
        (Declaration(version="1.0.1"), "version '1.0.1'"),
        (Declaration(files={"widget.js": {}}), "'a.css'"),
        (Declaration(files={"widget.js": {}, "a.css": {}, "x.js": {}}), "'x.js'"),
        (Declaration(files={"widget.js": {"sha256": "ff"}, "a.css": {}}), "sha256 'ff' for 'widget.js'"),
        (Declaration(files={"widget.js": {"size": 9}, "a.css": {}}), "size 9 for 'widget.js'"),
        (Declaration(files={"widget.js": {}, "a.css": {"sri": "sha384-x"}}), "sri 'sha384-x' for 'a.css'"),
    ],
)
def test_holds_a_declaration_against_the_bytes(declared: Declaration, says: str | None) -> None:
    if says is None:
        check_declaration(declared, MANIFEST)
        return
    with pytest.raises(Refused) as refused:
        check_declaration(declared, MANIFEST)
    assert refused.value.code == "declaration_mismatch"
    assert says in refused.value.reason
