"""What `edgeship flags` shows of a change."""

from __future__ import annotations

from edgeship.cli.flags import flag_diff
from edgeship.domain.flags.flag_record import SEGMENTS_KEY, FlagChange

STAFF = {"conditions": [{"attribute": "email", "op": "exists"}]}


def test_changed_segments_are_shown_with_the_flags_that_use_them() -> None:
    change = FlagChange(
        SEGMENTS_KEY, {"segments": {"key": STAFF}}, {"segments": {"key": {"conditions": []}}}, ("a", "b")
    )
    assert flag_diff.lines([change]) == [
        "~ the segments changed",
        '    key: {"conditions": [{"attribute": "email", "op": "exists"}]} → {"conditions": []}',
        "    flags that use what changes: a, b",
    ]
    [document] = flag_diff.document([change])
    assert document["affects"] == ["a", "b"]
    assert document["fields"] == {"key": {"old": STAFF, "new": {"conditions": []}}}
