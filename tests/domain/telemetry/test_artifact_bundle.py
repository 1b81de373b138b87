from __future__ import annotations

import json

import pytest

from edgeship.domain.telemetry.artifact_bundle import debug_id

ID = "85314830-023f-4cf1-a267-535f4e37bb17"


@pytest.mark.parametrize(
    ("script", "source_map", "found"),
    [
        (f"a();\n//# debugId={ID}\n", None, ID),
        (f"a();\n//# debugId={ID.upper()}", None, ID),
        (f"//# debugId={'0' * 32}\na();\n//# debugId={ID}\n//# sourceMappingURL=a.js.map\n", None, ID),
        ("a();", {"debug_id": ID}, ID),
        ("a();", {"debugId": ID}, ID),
        ("a();", {"debugId": 7}, None),
        ("a();", [], None),
        ("a();", None, None),
        ("a();\n//# debugId=85314830\n", None, None),
        (f"a('//# debugId={ID}');", None, None),
    ],
)
def test_the_debug_id_is_in_the_script_or_in_its_map(script: str, source_map: object, found: str | None) -> None:
    content = None if source_map is None else json.dumps(source_map).encode()
    assert debug_id(script.encode(), content) == found


def test_a_damaged_map_has_none() -> None:
    assert debug_id(b"a();", b"{") is None
