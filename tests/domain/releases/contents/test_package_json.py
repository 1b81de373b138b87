"""What a package.json says: fields of other types than npm's count as left out."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.errors import Refused
from edgeship.domain.releases.contents.package_json import MAX_PACKAGE_BYTES, Package, read_package

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([".", "default", "import"]), inner),
    max_leaves=8,
)
FIELDS = ("name", "version", "unpkg", "jsdelivr", "browser", "exports", "module", "main", "style", "files")


def read(**fields: Any) -> Package:
    return read_package(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("fields", "entrypoints"),
    [
        ({}, ()),
        ({"main": "m.js"}, ("m.js",)),
        ({"main": "m.js", "module": "e.js", "browser": "b.js"}, ("b.js", "e.js", "m.js")),
        ({"jsdelivr": "j.js", "unpkg": "u.js", "main": "u.js"}, ("u.js", "j.js")),
        ({"browser": {"./a.js": "./b.js", "fs": False}, "main": "m.js"}, ("m.js",)),
        ({"exports": "./e.js", "main": "m.js"}, ("./e.js", "m.js")),
        ({"exports": {".": "./e.js", "./sub": "./s.js"}}, ("./e.js",)),
        ({"exports": {"./sub": "./s.js"}, "main": "m.js"}, ("m.js",)),
        ({"exports": {"node": "./n.js", "default": "./d.js", "import": "./i.js"}}, ("./i.js", "./d.js")),
        (
            {"exports": {".": {"types": "./t.d.ts", "browser": {"import": "./bi.js"}, "require": "./r.cjs"}}},
            ("./bi.js",),
        ),
        ({"exports": {".": [{"import": "./i.js"}, "./f.js"]}}, ("./i.js", "./f.js")),
        ({"style": "s.css", "main": "m.js"}, ("m.js", "s.css")),
        ({"main": 1, "module": ["x"], "unpkg": None}, ()),
    ],
)
def test_the_entrypoints_that_it_names(fields: dict[str, Any], entrypoints: tuple[str, ...]) -> None:
    assert read(**fields).entrypoints == entrypoints


@pytest.mark.parametrize(
    ("name", "widget"),
    [
        ("checkout", "checkout"),
        ("@acme/checkout-widget", "checkout-widget"),
        ("htmx.org", "htmx-org"),
        ("Upper_Case", "upper-case"),
        ("--", None),
        ("", None),
        (None, None),
        ("x" * 62 + "-yy", "x" * 62),
    ],
)
def test_the_widget_that_its_name_proposes(name: str | None, widget: str | None) -> None:
    assert read(name=name).widget == widget


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "line 1, column 2"),
        (b"[]", "not an object"),
        (b"\xff{}", "UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' + b"9" * 5_000 + b"}", "not JSON"),
        (b" " * (MAX_PACKAGE_BYTES + 1), "more than 1,048,576 bytes"),
    ],
    ids=["cut", "list", "bytes", "deep", "digits", "large"],
)
def test_what_is_no_package_is_refused(content: bytes, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        read_package(content)
    assert refused.value.code == "package_invalid"


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read_package(b'\xef\xbb\xbf{"name": "checkout"}').name == "checkout"


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, JSON_VALUES)))
def test_any_object_is_read(fields: dict[str, Any]) -> None:
    package = read(**fields)
    assert all(isinstance(path, str) and path for path in (*package.entrypoints, *(package.files or ())))
