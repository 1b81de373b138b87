from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.releases.contents.source_maps import MAX_MAP_BYTES, is_kept_map, named_map
from edgeship.domain.releases.contents.withheld import is_public


@pytest.mark.parametrize(
    ("path", "size", "kept"),
    [
        ("widget.js.map", 10, True),
        ("assets/style.css.MAP", MAX_MAP_BYTES, True),
        ("widget.js.map", MAX_MAP_BYTES + 1, False),
        ("widget.js", 10, False),
        ("widget.js.map.gz", 10, False),
        (".git/widget.js.map", 10, False),
        ("__tests__/a.js.map", 10, False),
    ],
)
def test_the_maps_that_are_kept(path: str, size: int, kept: bool) -> None:
    assert is_kept_map(path, size) is kept
    assert not (kept and is_public(path))


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("", "assets/a.js.map"),
        ("//# sourceMappingURL=a.js.map", "assets/a.js.map"),
        ("//@ sourceMappingURL=b.map", "assets/b.map"),
        ("/*# sourceMappingURL=b.map */", "assets/b.map"),
        ("//# sourceMappingURL=../maps/a%20b.map?v=1#x", "maps/a b.map"),
        ("//# sourceMappingURL=./x/../b.map", "assets/b.map"),
        ("//# sourceMappingURL=x.map\n//# sourceMappingURL=y.map", "assets/y.map"),
        ("//# sourceMappingURL=https://maps.example/a.js.map", "assets/a.js.map"),
        ("//# sourceMappingURL=/a.js.map", "assets/a.js.map"),
        ("//# sourceMappingURL=../../a.js.map", None),
        ("//# sourceMappingURL=data:application/json;base64,e30=", b"{}"),
        ("//# sourceMappingURL=data:application/json;charset=utf-8;base64,e30=", b"{}"),
        ("//# sourceMappingURL=data:application/json;base64,e3!", None),
    ],
)
def test_the_map_that_a_file_names(comment: str, expected: str | bytes | None) -> None:
    assert named_map("assets/a.js", f"code();\n{comment}\n".encode()) == expected


@given(st.binary(max_size=60))
def test_no_comment_leads_out_of_the_bundle(url: bytes) -> None:
    found = named_map("a/b.js", b"//# sourceMappingURL=" + url)
    assert found is None or isinstance(found, bytes) or not found.startswith(("../", "/"))


@given(st.binary(max_size=200))
def test_an_inline_map_is_read_whole(content: bytes) -> None:
    script = b"//# sourceMappingURL=data:application/json;base64," + b64encode(content)
    assert named_map("a.js", script) == content
