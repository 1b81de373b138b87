"""Maps that are right, wrong, hostile and huge: a place, or a plain reason in bounded time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from edgeship.adapters.javascript.source_maps import SymbolicDecoder
from edgeship.domain.telemetry.source_place import MAX_LINE_LENGTH, SourcePlace

SCRIPT = b"function a(){throw new Error('no price')}a();\n"
MAP: dict[str, Any] = {
    "version": 3,
    "sources": ["../src/pay.ts"],
    "sourcesContent": ["export function chargeCard() {\n  throw new Error('no price');\n}\nchargeCard();\n"],
    "names": ["chargeCard"],
    "mappings": "AAAO,SAASA,IACd,MAAM,IAAI,MAAM,WAClB,CACAA",
}
THROW = SourcePlace("../src/pay.ts", 2, 3, "chargeCard", "throw new Error('no price');")


def located(document: object, line: int = 1, column: int = 14) -> SourcePlace | str | None:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    found = SymbolicDecoder().locate(SCRIPT, content, [(line, column)])
    return found if isinstance(found, str) else found[0]


def test_a_place_has_its_function_and_its_line() -> None:
    assert located(MAP) == THROW


def test_without_the_extra_the_reason_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeship.adapters.javascript.source_maps.find_spec", lambda _: None)
    assert located(MAP) == "the source map can't be read without symbolic: pip install 'edgeship[errors]'"


def test_an_indexed_map_is_read() -> None:
    assert located({"version": 3, "sections": [{"offset": {"line": 0, "column": 0}, "map": MAP}]}) == THROW


def test_a_map_without_sources_has_no_line_of_source() -> None:
    place = located({name: value for name, value in MAP.items() if name != "sourcesContent"})
    assert isinstance(place, SourcePlace)
    assert (place.line, place.text) == (2, None)


def test_a_line_is_cut_and_can_move_no_cursor() -> None:
    place = located(MAP | {"sourcesContent": ["\n\x1b[2J" + "x" * 10_000], "sources": ["a\x1b[2J.ts"]})
    assert isinstance(place, SourcePlace)
    assert place.file == "a [2J.ts"
    assert place.text is not None
    assert "\x1b" not in place.text
    assert len(place.text) == MAX_LINE_LENGTH


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"\xff\xfe",
        b'{"version":3,"mappings":"!',
        json.dumps(MAP | {"mappings": "!!!"}).encode(),
        json.dumps(MAP | {"sources": []}).encode(),
        b'{"version":3,"sections":[{"offset":{"line":0,"column":0},"map":' * 20_000,
    ],
)
def test_a_map_that_is_none_has_a_reason(content: bytes) -> None:
    found = located(content)
    assert isinstance(found, str)
    assert found.startswith("the source map can't be read")
    assert len(found) < 300


@pytest.mark.parametrize(("line", "column"), [(1, 999_999_999), (999_999_999, 1), (999_999_999, 999_999_999), (0, 0)])
def test_a_place_beyond_the_script_does_no_harm(line: int, column: int) -> None:
    assert not isinstance(located(MAP, line, column), str)


def test_a_map_over_the_limits_has_a_reason() -> None:
    huge = json.dumps(MAP | {"mappings": "AAAA," * 2_000_000}).encode()
    found = SymbolicDecoder(cpu_seconds=20, memory_bytes=64 * 1024 * 1024).locate(SCRIPT, huge, [(1, 1)])
    assert found == "the source map can't be read within the limits of memory and time"
