from __future__ import annotations

import copy
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain import naming, version
from edgeship.domain.channels.channel import Channel
from edgeship.domain.edge import routing, snapshot
from edgeship.domain.edge.routing import Rewrite, Routes, SnapshotInvalid, Unknown, resolve
from edgeship.domain.errors import Refused
from edgeship.domain.releases.release import Release

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "revision": 12,
    "widgets": {
        "checkout": {
            "channels": {"latest": {"stable": "1.4.2"}, "next": {"stable": "2.0.0-beta.1"}},
            "ranges": {"1": "1.4.2", "1.3": "1.3.9", "1.4": "1.4.2"},
        },
        "chat": {"channels": {"latest": {"stable": "0.1.0"}}, "ranges": {"0": "0.1.0", "0.1": "0.1.0"}},
        "idle": {"channels": {}, "ranges": {}},
    },
}
ROUTES = Routes(DOCUMENT)


def outcome(uri: str, routes: Routes | None = ROUTES, root: str | None = None) -> object:
    """The outcome as a value: a URI, (kind, name, widget) of what is unknown, or None."""
    result = resolve(uri, routes, root)
    if isinstance(result, Rewrite):
        return result.uri
    return (result.kind, result.name, result.widget) if isinstance(result, Unknown) else None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/checkout/latest/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/checkout/latest/img/a/b.svg", "/checkout/v1.4.2/img/a/b.svg"),
        ("/checkout/~next/widget.js", "/checkout/v2.0.0-beta.1/widget.js"),
        ("/checkout/~latest/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/checkout/~1/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/checkout/~1.3/widget.js", "/checkout/v1.3.9/widget.js"),
        ("/checkout/latest/", "/checkout/v1.4.2/"),
        ("/checkout/latest/latest/~1/x.js", "/checkout/v1.4.2/latest/~1/x.js"),
        ("/chat/latest/v9.9.9/x.js", "/chat/v0.1.0/v9.9.9/x.js"),
    ],
)
def test_moving_paths_are_rewritten(uri: str, expected: str) -> None:
    assert outcome(uri) == expected


@pytest.mark.parametrize(
    "uri",
    [
        "/checkout/v1.0.0/widget.js",
        "/checkout/v1.0.0/assets/latest/x.js",
        "/checkout/v1.0.0/~foo/x",
        "/checkout/v1.0.0/latest/x",
        "/nobody/v1.0.0/latest/x",
        "/checkout/latest",
        "/checkout/~1",
        "/latest/widget.js",
        "/~1/widget.js",
        "/v1.2.3/widget.js",
        "//checkout/latest/x.js",
        "/checkout//latest/x.js",
        "/checkout/x/../latest/x.js",
        "/checkout/LATEST/x.js",
        "/checkout%2Flatest/x.js",
        "/",
        "//",
        "",
        "*",
    ],
)
def test_other_paths_stand_for_themselves(uri: str) -> None:
    assert outcome(uri) is None


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/chekout/latest/widget.js", ("widget", "chekout", "chekout")),
        ("/Checkout/latest/widget.js", ("widget", "Checkout", "Checkout")),
        ("/../latest/widget.js", ("widget", "..", "..")),
        ("/%2e%2e/latest/widget.js", ("widget", "..", "..")),
        ("/checkout/~beta/widget.js", ("channel", "beta", "checkout")),
        ("/checkout/~/widget.js", ("channel", "", "checkout")),
        ("/checkout/~../widget.js", ("channel", "..", "checkout")),
        ("/checkout/~2/widget.js", ("range", "2", "checkout")),
        ("/checkout/~1.4.2/widget.js", ("range", "1.4.2", "checkout")),
        ("/checkout/~01/widget.js", ("range", "01", "checkout")),
        ("/checkout/~\u0661/widget.js", ("channel", "\u0661", "checkout")),
        ("/idle/latest/widget.js", ("channel", "latest", "idle")),
    ],
)
def test_what_does_not_exist_is_named(uri: str, expected: tuple[str, str, str]) -> None:
    assert outcome(uri) == expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/checkout/%7E1/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/checkout/%7e1%2e3/widget.js", "/checkout/v1.3.9/widget.js"),
        ("/%63heckout/l%61test/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/checkout/latest/a%20b%7E%c3%a9.js", "/checkout/v1.4.2/a%20b%7E%c3%a9.js"),
        ("/checkout/%257E1/widget.js", None),
        ("/checkout/%7/widget.js", None),
    ],
)
def test_equivalent_spellings_are_one_path_and_the_file_keeps_its_own(uri: str, expected: str | None) -> None:
    assert outcome(uri) == expected


@pytest.mark.parametrize(
    "file",
    [
        "..",
        "../x.js",
        "a/../../v1.0.0/x.js",
        "a/..",
        "%2e%2e/x.js",
        "%2E./x.js",
        "..%2Fx.js",
        "a%2f..%2fx.js",
        "..\\x.js",
        "a%5C%2e%2e%5cx.js",
    ],
)
def test_a_file_part_that_climbs_names_nothing(file: str) -> None:
    assert outcome(f"/checkout/latest/{file}") == ("file", file, "checkout")
    assert outcome(f"/~1/{file}", root="checkout") == ("file", file, "checkout")
    assert outcome(f"/v1.2.3/{file}", root="checkout") == ("file", file, "checkout")


@pytest.mark.parametrize(
    "file", ["a..b.js", "...", ".well-known", "/x.js", "./x.js", "%252e%252e/x.js", "100%.js", "%"]
)
def test_a_file_part_that_only_looks_like_climbing_is_kept(file: str) -> None:
    assert outcome(f"/checkout/latest/{file}") == f"/checkout/v1.4.2/{file}"


def test_a_path_longer_than_any_key_names_nothing() -> None:
    prefix = "/checkout/v1.4.2/"
    longest = "x" * (routing.MAX_URI_LENGTH - len(prefix))
    assert outcome(f"/checkout/latest/{longest}") == prefix + longest
    assert outcome(f"/checkout/latest/{longest}x") == ("file", longest + "x", "checkout")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("/latest/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/~1/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/%7E1.3/widget.js", "/checkout/v1.3.9/widget.js"),
        ("/~next/", "/checkout/v2.0.0-beta.1/"),
        ("/v1.2.3/widget.js", "/checkout/v1.2.3/widget.js"),
        ("/v1.2.3/assets/latest/x.js", "/checkout/v1.2.3/assets/latest/x.js"),
        ("/v1.2.3-rc.1/x.js", "/checkout/v1.2.3-rc.1/x.js"),
        ("/latest/latest/x.js", "/checkout/v1.4.2/latest/x.js"),
        ("/~9/widget.js", ("range", "9", "checkout")),
        ("/checkout/latest/widget.js", "/checkout/v1.4.2/widget.js"),
        ("/chat/latest/widget.js", "/chat/v0.1.0/widget.js"),
        ("/chat/v0.1.0/latest/widget.js", None),
        ("/v1/latest/widget.js", ("widget", "v1", "v1")),
        ("/vendor/x.js", None),
        ("/v1.2/x.js", None),
        ("/latest", None),
        ("/v1.2.3", None),
    ],
)
def test_the_root_widgets_paths_leave_its_name_out(uri: str, expected: object) -> None:
    assert outcome(uri, root="checkout") == expected


@pytest.mark.parametrize(
    ("uri", "root", "expected"),
    [
        ("/checkout/latest/widget.js", None, None),
        ("/checkout/~1/widget.js", None, None),
        ("/nobody/latest/widget.js", None, None),
        ("/latest/widget.js", "checkout", "/checkout/latest/widget.js"),
        ("/~1/widget.js", "checkout", "/checkout/~1/widget.js"),
        ("/v1.2.3/widget.js", "checkout", "/checkout/v1.2.3/widget.js"),
        ("/chat/latest/widget.js", "checkout", None),
    ],
)
def test_without_routes_only_the_root_widgets_name_is_filled_in(
    uri: str, root: str | None, expected: str | None
) -> None:
    assert outcome(uri, routes=None, root=root) == expected


segments = st.one_of(
    st.sampled_from(
        ["checkout", "chat", "latest", "~1", "~next", "~", "v1.0.0", "..", ".", "", "%2e%2e", "%7E1", "%2f"]
    ),
    st.text(st.sampled_from("ab.~%/\\2eEfF5cC7v1\u00e9\u0661"), max_size=8),
)


@given(st.lists(segments, max_size=6), st.sampled_from([None, "checkout"]), st.booleans())
def test_a_rewritten_path_lies_in_a_release_and_ends_as_it_did(parts: list[str], root: str | None, known: bool) -> None:
    uri = "/" + "/".join(parts)
    result = resolve(uri, ROUTES if known else None, root)
    if isinstance(result, Rewrite):
        match = re.fullmatch(r"/(checkout|chat)/(v[^/]+|latest|~[^/]*)/(.*)", result.uri, re.DOTALL)
        assert match is not None
        assert uri.endswith(match[3])
        decoded = re.sub("%2e", ".", re.sub("%2f|%5c|\\\\", "/", match[3], flags=re.I), flags=re.I)
        assert ".." not in decoded.split("/")
    elif isinstance(result, Unknown):
        assert result.kind in {"widget", "channel", "range", "file"}


# What the edge accepts is what the rest of edgeship accepts.

name_like = st.text(st.sampled_from("abz019-._A\n"), max_size=8)
version_like = st.text(st.sampled_from("019.-ab\n\u0661"), max_size=12)


@given(name_like | st.from_regex(r"[a-z0-9-]{60,66}", fullmatch=True))
def test_widget_names_are_those_of_naming(name: str) -> None:
    document = {"schema": 1, "revision": 1, "widgets": {name: {"channels": {}, "ranges": {}}}}
    try:
        naming.check_widget(name)
    except Refused:
        accepted = name in naming.RESERVED_WIDGETS
    else:
        accepted = True
    assert _is_snapshot(document) == accepted


@given(version_like | st.sampled_from(["1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.3-01", "1.2.3+b", "1.2.3-a-b.0"]))
def test_versions_are_those_of_version(text: str) -> None:
    document = {"schema": 1, "revision": 1, "widgets": {"w": {"channels": {}, "ranges": {"1": text}}}}
    try:
        version.Version.parse(text)
    except Refused:
        accepted = False
    else:
        accepted = True
    assert _is_snapshot(document) == accepted


def _is_snapshot(document: object) -> bool:
    try:
        Routes(document)
    except SnapshotInvalid:
        return False
    return True


def test_the_relays_snapshot_is_understood() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC).isoformat()
    releases = [
        Release("checkout", version.Version.parse(v), "d", "w.js", 1, 1, at, None, at, "ci", promoted_at=at)
        for v in ("1.4.1", "1.4.2", "2.0.0")
    ]
    channels = [Channel("checkout", "latest", version.Version.parse("1.4.2"))]
    written = snapshot.next_snapshot(None, {"checkout": snapshot.routes_of(channels, releases)}, None)
    assert written is not None
    routes = Routes(written)
    assert routes.revision == written["revision"]
    assert snapshot.SCHEMA == routing.SCHEMA
    assert outcome("/checkout/latest/w.js", routes) == "/checkout/v1.4.2/w.js"
    assert outcome("/checkout/~2/w.js", routes) == "/checkout/v2.0.0/w.js"


def test_unknown_fields_are_ignored() -> None:
    document = copy.deepcopy(DOCUMENT)
    document["flags"] = {"x": 1}
    document["widgets"]["checkout"]["owner"] = "team"
    document["widgets"]["checkout"]["channels"]["latest"] |= {"candidate": "2.0.0", "percent": 5, "salt": "s"}
    assert outcome("/checkout/latest/w.js", Routes(document)) == "/checkout/v1.4.2/w.js"


def _broken(**changes: object) -> dict[str, object]:
    return {**DOCUMENT, **changes}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "snapshot",
        {},
        _broken(schema=2),
        _broken(schema=None),
        _broken(revision="12"),
        _broken(revision=True),
        _broken(revision=-1),
        _broken(revision=1.0),
        _broken(widgets=[]),
        _broken(widgets={"w": None}),
        _broken(widgets={"w": {"ranges": {}}}),
        _broken(widgets={"w": {"channels": {}}}),
        _broken(widgets={"w": {"channels": [], "ranges": {}}}),
        _broken(widgets={"w": {"channels": {"latest": "1.0.0"}, "ranges": {}}}),
        _broken(widgets={"w": {"channels": {"latest": {}}, "ranges": {}}}),
        _broken(widgets={"w": {"channels": {"latest": {"stable": "../x"}}, "ranges": {}}}),
        _broken(widgets={"w": {"channels": {"latest": {"stable": "1.0.0\n"}}, "ranges": {}}}),
        _broken(widgets={"w": {"channels": {}, "ranges": {"1": 1}}}),
        _broken(widgets={"w": {"channels": {}, "ranges": {"1": "v1.0.0"}}}),
        _broken(widgets={"../w": {"channels": {}, "ranges": {}}}),
        _broken(widgets={"": {"channels": {}, "ranges": {}}}),
    ],
)
def test_what_is_no_snapshot_is_refused(document: object) -> None:
    with pytest.raises(SnapshotInvalid):
        Routes(document)


FIELDS = ["schema", "revision", "widgets", "w", "channels", "ranges", "latest", "stable", "1"]
FIELDS += ["candidate", "percent", "flag", "versions"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(json_values, st.sampled_from(["schema", "revision", "widgets", "checkout", "latest"]))
def test_any_document_is_a_snapshot_or_refused(value: object, place: str) -> None:
    document = copy.deepcopy(DOCUMENT)
    widgets = document["widgets"]
    {"checkout": widgets, "latest": widgets["checkout"]["channels"]}.get(place, document)[place] = value
    for candidate in (document, value):
        try:
            routes = Routes(candidate)
        except SnapshotInvalid:
            continue
        for among in (True, False):
            outcome = resolve("/checkout/latest/x", routes, None, lambda *_: None, lambda *_, to=among: to)
            assert isinstance(outcome, Rewrite | Unknown)
