from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.adapters.lambda_events.beacons import parse_beacon
from edgeship.domain.telemetry.beacon import Beacon, Refusal, ReportedError
from edgeship.domain.version import Version

LEAST: dict[str, Any] = {"v": 1, "w": "checkout", "r": "1.4.2", "i": "9f86d081e5a1", "n": 0}
MOST = (
    LEAST
    | {"s": 1, "f": 1, "e": [["boom", 3], ["bäng 😀", 1000]], "l": 123, "m": 45.2, "k": [["ms", 2.5]]}
    | {"c": "~next/widget.js"}
)
V1 = Version.parse("1.4.2")


def query(text: str) -> str:
    return f"d={quote(text, safe='')}"


def parsed(document: object) -> Beacon | Refusal:
    return parse_beacon(query(json.dumps(document)))


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in MOST.items() if key != name}


def test_the_least_beacon() -> None:
    assert parsed(LEAST) == Beacon("checkout", V1, "9f86d081e5a1", 0)


def test_the_fullest_beacon() -> None:
    errors = (ReportedError("boom", 3), ReportedError("bäng 😀", 1000))
    own = (("ms", 2.5),)
    expected = Beacon(
        "checkout", V1, "9f86d081e5a1", 0, True, True, errors, 123, 45.2, channel="next", custom_metrics=own
    )
    assert parsed(MOST) == expected
    # As telemetry.js sends it; and as it once did, by JavaScript's encodeURIComponent, and forms.
    whole = base64.urlsafe_b64encode(json.dumps(MOST, ensure_ascii=False).encode()).decode()
    assert parse_beacon("d=" + whole.rstrip("=")) == parse_beacon("d=" + whole.rstrip("=") + "&d=x") == expected
    text = json.dumps(MOST, ensure_ascii=False, separators=(",", ":"))
    assert parse_beacon("d=" + quote(text, safe="-_.!~*'()")) == expected
    assert parse_beacon(urlencode({"d": json.dumps(MOST)})) == expected


@pytest.mark.parametrize(
    "document",
    [
        LEAST | {"s": 0, "f": 0, "e": []},
        LEAST | {"i": "a"},
        LEAST | {"i": "0" * 32},
        LEAST | {"n": 10_000},
        LEAST | {"e": [["x" * 200, 1]] * 10},
        LEAST | {"e": [["x", 1, ["a:1:1"]], ["x", 1, ["a" * 208 + ":1:999999999"] * 5]]},
        LEAST | {"e": [["x", 1, ["assets/@x/(a)%20b:c.js:1:1"]]]},
        LEAST | {"l": 0, "m": 0},
        LEAST | {"l": 600_000, "m": 65_536},
        LEAST | {"k": []},
        LEAST | {"k": [["a", 0], ["checkout_ms", -1e12], ["z" * 32, 1e12], ["a", 1], ["a1_", 1.5], ["a", -0.0]]},
        LEAST | {"e": [["x", 1, ['a"\\b:1:1']]]},
        LEAST | {"l": 1.5, "m": 1e-3},
        LEAST | {"r": "2.0.0-rc.1"},
    ],
)
def test_what_is_just_within_the_limits(document: object) -> None:
    assert isinstance(parsed(document), Beacon)


@pytest.mark.parametrize(
    "document",
    [
        *(without(name) for name in ("v", "w", "r", "i", "n")),
        *([MOST], None, 1, "x", [], {}),
        *(MOST | {"v": bad} for bad in (0, 2, "1", True, 1.0, None)),
        *(MOST | {"w": bad} for bad in (1, None, "x" * 64, ["checkout"])),
        *(MOST | {"r": bad} for bad in (1, None, "", "1", "v1.4.2", "1.4.2+b", "1.04.2", "1.0.0-" + "x" * 60)),
        *(MOST | {"i": bad} for bad in (1, None, "", "a" * 33, "9F86D081", "9f86d08g", "9f86d081\n", "\uff19f86d081")),
        *(MOST | {"n": bad} for bad in (-1, 10_001, 1.0, "1", True, None, 10**400)),
        *(MOST | {name: bad} for name in "sf" for bad in (2, -1, True, False, "1", 1.0, None, [])),
        *(MOST | {"e": bad} for bad in (None, "boom", {}, [["x", 1]] * 11, ["x"], [["x"]], [["x", 1, 1]], [{"x": 1}])),
        *(MOST | {"e": [[bad, 1]]} for bad in ("", "x" * 201, 1, None, ["x"])),
        *(MOST | {"e": [["x", 1, bad]]} for bad in ([], None, "a:1:1", ["a:1:1"] * 6, [1], [None], [["a:1:1"]])),
        *(
            MOST | {"e": [["x", 1, [bad]]]}
            for bad in ("", "a", "a:1", ":1:1", "a:b:1", "a:1:1\n", "a b:1:1", "ä:1:1", "a:1:\uff11", "a\x7f:1:1")
        ),
        *(MOST | {"e": [["x", 1, [bad]]]} for bad in ("a:-1:1", "a:1:1234567890", "a" * 217 + ":1:1")),
        MOST | {"e": [["x", 1, ["a:1:1"], 1]]},
        *(MOST | {"e": [["x", bad]]} for bad in (0, 10**9 + 1, -1, 1.0, True, "1", None)),
        *(MOST | {"k": bad} for bad in (None, {}, "ms", [["ms"]], [["ms", 1, 1]], [{"ms": 1}], [["ms", 1]] * 7)),
        *(
            MOST | {"k": [[bad, 1]]}
            for bad in ("", "Ms", "_ms", "1ms", "a-b", "a b", "ms\n", "ä", "a" * 33, 1, None, ["ms"])
        ),
        *(MOST | {"k": [["ms", bad]]} for bad in (1.1e12, -1.1e12, "1", True, None, [], 1e308, 10**400)),
        *(MOST | {"l": bad} for bad in (-1, 10**9 + 1, "1", True, None, [], 1e308, 10**400)),
        *(MOST | {"m": bad} for bad in (-0.1, 65_537, "1", True, None, [])),
        MOST | {"x": 1},
        MOST | {"V": 1},
        MOST | {"widget": "checkout"},
        MOST | {"": {}},
    ],
)
def test_what_is_not_a_beacon_is_invalid(document: object) -> None:
    assert parsed(document) is Refusal.INVALID


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Refusal.NOT_JSON),
        ("nonsense", Refusal.NOT_JSON),
        ("{", Refusal.NOT_JSON),
        (json.dumps(MOST) + "x", Refusal.NOT_JSON),
        (json.dumps(LEAST | {"l": float("nan")}), Refusal.NOT_JSON),
        (json.dumps(LEAST | {"l": float("inf")}), Refusal.NOT_JSON),
        (json.dumps(LEAST | {"l": 1}).replace(": 1}", ": 1e999}"), Refusal.INVALID),
        ("[" * 4_000, Refusal.NOT_JSON),
        ('{"v":' * 700, Refusal.NOT_JSON),
        (f'{{"v":{"[" * 300}{"]" * 300}}}', Refusal.INVALID),
        (json.dumps(LEAST)[:-1] + ', "n": 1}', Refusal.INVALID),
        (json.dumps(LEAST)[:-1] + ', "e": [[{"a": 1, "a": 2}, 1]]}', Refusal.INVALID),
        ("1" * 4_000, Refusal.INVALID),
        ("1" * 7_001, Refusal.TOO_LONG),
        ("😀" * 7_001, Refusal.TOO_LONG),
        ("😀" * 8_000, Refusal.TOO_LONG),
        (json.dumps(LEAST) + " " * (7_000 - len(json.dumps(LEAST))), None),
    ],
)
def test_what_is_no_json_or_too_much(text: str, reason: Refusal | None) -> None:
    found = parse_beacon(query(text))
    assert isinstance(found, Beacon) if reason is None else found is reason


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("v1.4.2/assets/pay.js:1:9", "assets/pay.js:1:9"),
        ("v2.0.0-rc.1/pay.js:1:9", "pay.js:1:9"),
        ("latest/pay.js:1:9", "pay.js:1:9"),
        ("~1/pay.js:1:9", "pay.js:1:9"),
        ("v1.4.2/latest/pay.js:1:9", "latest/pay.js:1:9"),
        ("pay.js:1:9", "pay.js:1:9"),
        ("assets/v1.4.2/pay.js:1:9", "assets/v1.4.2/pay.js:1:9"),
        ("vendor/pay.js:1:9", "vendor/pay.js:1:9"),
        ("v1.js:1:9", "v1.js:1:9"),
    ],
)
def test_frames_are_read_below_the_releases_folder(sent: str, read: str) -> None:
    found = parsed(LEAST | {"e": [["x", 1, [sent]]]})
    assert isinstance(found, Beacon)
    assert found.errors[0].frames == (read,)


@pytest.mark.parametrize(
    ("sent", "read"), [("\ud83d", "\ufffd"), ("a\ud83d", "a\ufffd"), ("\ude00\ud83d", "\ufffd\ufffd"), ("😀", "😀")]
)
def test_half_a_surrogate_pair_is_replaced(sent: str, read: str) -> None:
    found = parsed(LEAST | {"e": [[sent, 1]]})
    assert isinstance(found, Beacon)
    assert found.errors[0].message == read


@pytest.mark.parametrize(
    ("sent", "channel"),
    [
        ("latest/widget.js", "latest"),
        ("~next/dist/widget.js", "next"),
        ("~next", "next"),
        ("~latest/widget.js", ""),
        ("~1/widget.js", ""),
        ("~1.4/widget.js", ""),
        ("v1.4.2/widget.js", ""),
        ("next/widget.js", ""),
        ("https:/", ""),
        ("~Beta/widget.js", ""),
        ("~" + "a" * 33 + "/widget.js", ""),
        ("", ""),
    ],
)
def test_the_channel_is_the_one_in_the_entrypoints_path(sent: str, channel: str) -> None:
    beacon = parsed({**LEAST, "c": sent})
    assert isinstance(beacon, Beacon)
    assert beacon.channel == channel


def test_counts_and_latencies_over_the_limit_count_as_the_limit() -> None:
    found = parsed(LEAST | {"e": [["x", 1_234]], "l": 600_001})
    assert isinstance(found, Beacon)
    assert (found.errors[0].count, found.load_latency) == (1_000, 600_000)


@pytest.mark.parametrize("value", ["ey", "eyJ", "eyJ2", "eyJ2IjoxfQ==", "eyJ2I+oxfQ", "ey_-", "eyJ2IjoxfQx"])
def test_half_of_a_beacon_in_base64url_is_none(value: str) -> None:
    assert isinstance(parse_beacon(f"d={value}"), Refusal)


@pytest.mark.parametrize("raw", ["", "d", "D=1", "x=1", "dd=1", "&&&", "e=1&d"])
def test_without_the_parameter_it_is_missing(raw: str) -> None:
    assert parse_beacon(raw) is Refusal.MISSING


@pytest.mark.parametrize("raw", ["d=%ff", "d=%", "d=%zz", "d=%C3"])
def test_bytes_that_are_not_utf8_are_not_json(raw: str) -> None:
    assert parse_beacon(raw) is Refusal.NOT_JSON


def test_the_first_of_several_counts() -> None:
    assert parse_beacon(f"x=1&{query(json.dumps(LEAST))}&d=nonsense") == parsed(LEAST)
    assert parse_beacon(f"d=nonsense&{query(json.dumps(LEAST))}") is Refusal.NOT_JSON


@given(st.text(max_size=300))
def test_nothing_is_raised_whatever_the_query_holds(raw: str) -> None:
    assert parse_beacon(raw) in set(Refusal)
    assert parse_beacon(f"d={raw}") in set(Refusal)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@given(st.dictionaries(st.sampled_from("vwrinsfelmk"), values, max_size=4))
def test_what_is_accepted_is_within_the_limits(changes: dict[str, Any]) -> None:
    found = parsed(LEAST | changes)
    if isinstance(found, Beacon):
        assert 0 <= found.number <= 10_000
        assert found.load_latency is None or 0 <= found.load_latency <= 600_000
        assert found.memory is None or 0 <= found.memory <= 65_536
        assert all(1 <= len(e.message) <= 200 and 1 <= e.count <= 1_000 for e in found.errors)
