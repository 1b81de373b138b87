"""How many flags fit into a bulk answer, and into the snapshot, is as the documentation says."""

from __future__ import annotations

from typing import Any

import pytest

from edgeship.application.flags.check_set import MAX_BULK_BYTES
from edgeship.domain.flags.bulk_size import bulk_size
from edgeship.domain.flags.flag_sets import flag_sets
from edgeship.domain.flags.flags_snapshot import snapshot_size
from edgeship.domain.flags.snapshot_limits import MAX_RAW_BYTES
from tests.support.repository import ROOT

ROLLOUT = {"rollout": {"variant": "on", "percentage": 5}}


def on_off(count: int, **fields: Any) -> dict[str, dict[str, Any]]:
    """Flags with keys of 20 characters."""
    flag = {"variants": {"on": True, "off": False}, "default_variant": "off", **fields}
    return {f"flag-{n:015}": {"key": f"flag-{n:015}", **flag} for n in range(count)}


def test_a_set_has_its_public_flags() -> None:
    flags = {**on_off(1), "a": {"flag_set": "shop"}, "b": {"flag_set": "shop", "public": False}, "c": {"public": False}}
    assert {name: [*members] for name, members in flag_sets(flags).items()} == {None: [*on_off(1)], "shop": ["a"]}


@pytest.mark.parametrize(("count", "fields"), [(440, {}), (260, ROLLOUT)])
def test_as_many_fit_into_a_bulk_answer(count: int, fields: dict[str, Any]) -> None:
    assert bulk_size(on_off(count, **fields)).total <= MAX_BULK_BYTES < bulk_size(on_off(count + 10, **fields)).total
    assert str(count) in (ROOT / "docs" / "flags.md").read_text()


@pytest.mark.parametrize(("count", "fields"), [(4_900, {}), (3_500, ROLLOUT)])
def test_as_many_fit_into_the_snapshot(count: int, fields: dict[str, Any]) -> None:
    # A tenth of them: each takes the same.
    tenth = snapshot_size(on_off(count // 10, flag_set="checkout", **fields)).raw
    assert 0.97 * MAX_RAW_BYTES < 10 * tenth <= MAX_RAW_BYTES
    assert f"{count:,}" in (ROOT / "docs" / "flags.md").read_text()
