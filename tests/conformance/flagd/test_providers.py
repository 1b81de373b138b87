"""flagd's provider scenarios, by OpenFeature's client for Python: as many pass as docs/conformance.md tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.flagd.providers import NoTestbed, checked_out, outcomes
from tests.conformance.flagd.scenarios import PROVIDERS


@pytest.mark.nightly
def test_the_provider_scenarios_pass_or_are_listed(tmp_path: Path) -> None:
    try:
        checkout = checked_out(tmp_path)
    except NoTestbed as missing:
        pytest.skip(str(missing))
    assert outcomes(checkout) == PROVIDERS
