from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain.releases.bundle_warnings import (
    MAX_SEARCHED_BYTES,
    BundleWarning,
    find_warnings,
    large_maps,
    shortened,
)
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.version import Version

FILE = FileEntry(1, "00" * 32, "sha384-", "text/javascript")


def manifest(*paths: str, kind: Kind | None = Kind.CLASSIC) -> Manifest:
    files = dict.fromkeys(("widget.js", *paths), FILE)
    return Manifest("checkout", Version.parse("1.4.2"), "", None, "widget.js", files, kind=kind)


def found(path: str, content: str, *packed: str, kind: Kind | None = Kind.CLASSIC) -> list[tuple[str, str]]:
    of = manifest("chunk.js", path, kind=kind)
    return [(w.code, w.text) for w in find_warnings(of, {*of.files, *packed}, [(path, content.encode())])]


@pytest.mark.parametrize(
    ("path", "content", "code", "says"),
    [
        ("widget.js", 'r.p="https://cdn.example.com/checkout/latest/";', "moving_path", " https://cdn.example.com/checkout/latest/:"),
        ("widget.js", "r.p='/checkout/latest/'", "moving_path", " /checkout/latest/:"),
        ("widget.js", "import('/checkout/~1.4/chunk.js')", "moving_path", " /checkout/~1.4/:"),
        ("chunk.js", "var base=`//cdn/checkout/~next`;", "moving_path", "chunk.js has the fixed path //cdn"),
        ("widget.js", 'load("https://cdn/checkout/v1.3.0/chunk.js")', "other_release", " https://cdn/checkout/v1.3.0/:"),
        ("a.css", "a{background:url(/checkout/v1.4.2-beta.1/x.png)}", "other_release", " /checkout/v1.4.2-beta.1/:"),
        ("data.json", '{"base":"/checkout/v2.0.0"}', "other_release", "is not of 1.4.2"),
        ("widget.js", "1\n//# sourceMappingURL=widget.js.map\n", "source_map", "source maps are never public"),
        ("b/c.js", "1\n//# sourceMappingURL=gone.js.map", "source_map", "it is not in the folder"),
        ("a.css", "a{}/*# sourceMappingURL=../maps/a.css.map */", "source_map", "../maps/a.css.map"),
        ("widget.js", "'//# sourceMappingURL=data:x';\n//@ sourceMappingURL=gone.map", "source_map", "gone.map"),
    ],
)  # fmt: skip
def test_what_will_fail(path: str, content: str, code: str, says: str) -> None:
    ((actual, text),) = found(path, content, "widget.js.map")
    assert actual == code
    assert says in text
    assert "\n" not in text


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("widget.js", "r.p='auto'; import('./chunk.js'); new URL('style.css', import.meta.url)"),
        ("widget.js", "fetch('https://cdn/other/latest/x'); fetch('/latest/x'); a('/checkout/latest-news/')"),
        ("widget.js", "load('https://cdn/checkout/v1.4.2/chunk.js'); a('/checkout/vegetables/')"),
        ("index.html", "<script src=/checkout/latest/widget.js></script>"),
        ("widget.js", "//# sourceMappingURL=data:application/json;base64,e30="),
        ("widget.js", "//# sourceMappingURL=https://maps.example.com/widget.js.map"),
        ("widget.js", "//# sourceMappingURL=/maps/widget.js.map"),
        ("widget.js", "//# sourceMappingURL=chunk.js"),
        ("index.html", "//# sourceMappingURL=gone.map"),
    ],
)
def test_what_will_not(path: str, content: str) -> None:
    assert found(path, content) == []


@pytest.mark.parametrize("kind", [Kind.MODULE, Kind.CLASSIC])
def test_an_entry_that_is_alone_may_name_a_moving_path(kind: Kind) -> None:
    of, contents = manifest(kind=kind), [("widget.js", b"fetch('/checkout/latest/data.json')")]
    assert find_warnings(of, of.files, contents) == []
    assert found("widget.js", "fetch('/checkout/latest/data.json')", kind=kind) != []


def test_no_more_than_the_limit_is_read() -> None:
    def contents() -> Iterator[tuple[str, bytes]]:
        yield "widget.js", b" " * MAX_SEARCHED_BYTES
        yield "chunk.js", b"//# sourceMappingURL=gone.map"
        raise AssertionError("read on")

    assert find_warnings(manifest("chunk.js"), (), contents()) == []


@given(st.lists(st.sampled_from(["moving_path", "source_map"]), max_size=20), st.integers(1, 5))
def test_long_lists_are_shortened(codes: list[str], most: int) -> None:
    lines = list(shortened([BundleWarning(code, "a.js", code) for code in codes], most))
    for code in set(codes):
        assert lines.count(code) == min(codes.count(code), most)
    hidden = [int(line.split()[1]) for line in lines if line.startswith("and ")]
    assert sum(hidden) + len(lines) - len(hidden) == len(codes)


@given(st.binary(max_size=300))
def test_any_bytes_are_searched(content: bytes) -> None:
    of = manifest("chunk.js")
    for warning in find_warnings(of, of.files, [("chunk.js", content)]):
        assert warning.path == "chunk.js"


class Counted(dict[str, FileEntry]):
    """Counts how often all of it is gone through."""

    rounds = 0

    def __iter__(self) -> Iterator[str]:
        self.rounds += 1
        return super().__iter__()


def test_the_work_for_each_file_does_not_grow_with_their_number() -> None:
    files = Counted(dict.fromkeys(["widget.js", *(f"{n}.js" for n in range(100))], FILE))
    of = Manifest("checkout", Version.parse("1.4.2"), "", None, "widget.js", files, kind=Kind.CLASSIC)
    names = list(files)
    files.rounds = 0
    warnings = find_warnings(of, files.keys(), ((name, b"'/checkout/latest/a.js'") for name in names))
    assert len(warnings) == len(names)
    assert files.rounds <= 3


def test_a_map_that_is_not_kept_is_warned_of() -> None:
    most = 32 * 1024 * 1024
    sizes = [
        ("app.js.map", most + 1),
        ("chunk.js.map", most),
        ("tests/app.test.js.map", most + 1),
        ("app.js", most + 1),
    ]
    (warning,) = large_maps(sizes)
    assert (warning.code, warning.path) == ("large_map", "app.js.map")
    assert warning.text.startswith("app.js.map has 33.6 MB. Over 32 MiB it is not kept")
