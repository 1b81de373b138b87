from __future__ import annotations

import pytest

from edgeship.domain.telemetry.beacon import Loss, Refusal
from tests.functions.fuzz_beacons import fuzz
from tests.support.pytest_plugins.fuzz import examples


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", [20261123, 20261127])
def test_hostile_beacons_are_answered_and_make_no_metric_of_their_own(seed: int) -> None:
    count = examples(5_000)
    endings = fuzz(count, seed)
    # They get everywhere, so that every ending has been checked; but only the first beacon of a process may find that
    # the snapshot was never read.
    everywhere = {reason.value for reason in Refusal} - {Refusal.NO_REGISTRY.value}
    faults = {"could not keep errors", "could not read the snapshot"}
    assert set(endings) - {Refusal.NO_REGISTRY.value} == everywhere | faults | {"measured", Loss.ERRORS_NOT_KEPT.value}
    assert endings["measured"] > count / 5
