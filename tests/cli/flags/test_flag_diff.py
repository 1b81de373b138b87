"""What `edgeship flags` shows of a change."""

from __future__ import annotations

from edgeship.domain.flags.records.change_text import change_document, change_lines
from edgeship.domain.flags.records.flag_record import SEGMENTS_KEY, FlagChange

STAFF = {"conditions": [{"attribute": "email", "op": "exists"}]}


def test_changed_segments_are_shown_with_the_flags_that_use_them() -> None:
    change = FlagChange(
        SEGMENTS_KEY, {"segments": {"key": STAFF}}, {"segments": {"key": {"conditions": []}}}, ("a", "b")
    )
    assert change_lines([change]) == [
        "~ the segments changed",
        '    key: {"conditions": [{"attribute": "email", "op": "exists"}]} → {"conditions": []}',
        "    flags that use what changes: a, b",
    ]
    [document] = change_document([change])
    assert document["affects"] == ["a", "b"]
    assert document["fields"] == {"key": {"old": STAFF, "new": {"conditions": []}}}
