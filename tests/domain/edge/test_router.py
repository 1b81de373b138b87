"""What a moving path means: the specification of the router, by named requests and by properties."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.domain import naming
from edgeship.domain.edge.router import Continue, Redirect, Request, Serve, Unknown, route
from edgeship.domain.edge.user_identity import MAX_IDENTITY, decoded, identity
from edgeship.domain.errors import Refused
from edgeship.domain.version import Version
from tests.domain.edge.router_cases.case import STORE, Case
from tests.domain.edge.router_cases.groups import GROUPS
from tests.edge.router.viewer import reading, telling

CASES = [pytest.param(case, id=f"{group}: {case.name}") for group, cases in GROUPS.items() for case in cases]


@pytest.mark.parametrize("case", CASES)
def test_what_becomes_of_a_request(case: Case) -> None:
    reads: list[str] = []
    outcome = route(case.request, reading({} if case.broken else case.store, reads), case.root)
    assert telling(outcome) == case.told
    assert len(reads) == case.reads <= 2


def test_every_case_has_its_own_name() -> None:
    names = Counter((group, case.name, case.root) for group, cases in GROUPS.items() for case in cases)
    assert [name for name, count in names.items() if count > 1] == []


segments = st.one_of(
    st.sampled_from(
        ["checkout", "chat", "latest", "~1", "~next", "~", "v1.0.0", "..", ".", "", "%2e%2e", "%7E1", "%2f"]
    ),
    st.text(st.sampled_from("ab.~%/\\2eEfF5cC7v1\u00e9\u0661"), max_size=8),
)


@given(st.lists(segments, max_size=6), st.sampled_from([None, "checkout"]), st.booleans())
def test_what_goes_on_lies_in_one_folder_of_a_widget_and_ends_as_it_did(
    parts: list[str], root: str | None, filled: bool
) -> None:
    uri = "/" + "/".join(parts)
    outcome = route(Request(uri), reading(STORE if filled else {}, []), root)
    if isinstance(outcome, Unknown):
        assert outcome.kind in {"widget", "channel", "range", "file", "path"}
        assert re.fullmatch("[ -~]+", outcome.sentence)
        return
    assert isinstance(outcome, Redirect | Serve | Continue)
    path = outcome.location if isinstance(outcome, Redirect) else outcome.uri
    folder = "[a-z0-9-]+/v[^/]+" if filled else "(?:[a-z0-9-]+/(?:v[^/]+|~[^/]+)|_latest/[a-z0-9-]+)"
    match = re.fullmatch(rf"/{folder}/(.*)", path, re.DOTALL)
    assert match is not None
    assert uri.endswith(match[1])
    decoded = re.sub("%2e", ".", re.sub(r"%2f|%5c|\\", "/", match[1], flags=re.I), flags=re.I)
    assert ".." not in decoded.split("/")


# What the router accepts is what the rest of edgeship accepts.


def names_something(uri: str) -> bool:
    return not isinstance(route(Request(uri), reading({}, [])), Unknown)


def accepts(check: object, text: str) -> bool:
    try:
        check(text)  # type: ignore[operator]
    except Refused:
        return False
    return True


@given(st.text(st.sampled_from("abz019-._A\n"), max_size=8) | st.from_regex(r"[a-z0-9-]{60,66}", fullmatch=True))
def test_widget_names_are_those_of_naming(name: str) -> None:
    expected = accepts(naming.check_widget, name) or name in naming.RESERVED_WIDGETS
    assert names_something(f"/{name}/latest/x.js") is names_something(f"/{name}/v1.0.0/x.js") is expected


@given(
    st.text(st.sampled_from("abz019-._A\n\u0661"), max_size=8) | st.from_regex(r"[a-z][a-z0-9-]{29,34}", fullmatch=True)
)
def test_channels_are_those_of_naming(name: str) -> None:
    is_range = re.fullmatch(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?", name) is not None
    expected = is_range or (accepts(naming.check_channel, name) and name != "latest")
    assert names_something(f"/checkout/~{name}/x.js") is expected


@given(
    st.text(st.sampled_from("019.-ab\n\u0661"), max_size=12)
    | st.sampled_from(["1.2.3", "1.2.3-rc.1", "01.2.3", "1.2.3-01", "1.2.3+b", "1.2.3-a-b.0"])
)
def test_versions_are_those_of_version(text: str) -> None:
    assert names_something(f"/checkout/v{text}/x.js") is accepts(Version.parse, text)


# Who the user is


@given(st.binary(min_size=1, max_size=400))
def test_an_identity_is_bytes_whatever_they_mean_as_text(user: bytes) -> None:
    for escaped in (quote_from_bytes(user, safe=""), "".join(f"%{byte:02x}" for byte in user)):
        assert identity({"user": [escaped]}, {}, {}, "") == user[:MAX_IDENTITY]
        assert identity({}, {}, {"edgeship_user": escaped}, "") == user[:MAX_IDENTITY]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("", b""),
        ("a+b", b"a b"),
        ("a%2Bb", b"a+b"),
        ("%", b"%"),
        ("%4", b"%4"),
        ("%4g", b"%4g"),
        ("%%41", b"%A"),
        ("%2541", b"%41"),
        ("%c3%28", b"\xc3("),
        ("é", "é".encode()),
    ],
)
def test_what_is_no_escape_stays(value: str, expected: bytes) -> None:
    assert decoded(value) == expected


def test_an_anonymous_user_is_a_hash_of_address_and_agent() -> None:
    found = {
        identity({}, headers, {}, address)
        for address in ("192.0.2.7", "2001:db8::1", "")
        for headers in ({}, {"user-agent": "Firefox"}, {"user-agent": "Safari"})
    }
    assert len(found) == 9
    assert all(re.fullmatch(rb"anonymous-[0-9a-f]{32}", name) for name in found)
    # Pinned: a change moves every anonymous user of every running rollout.
    assert identity({}, {"user-agent": "Firefox"}, {}, "192.0.2.7") == b"anonymous-2178c85b829c22e618f057206047717d"
