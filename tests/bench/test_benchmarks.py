"""Every benchmark runs to its table: they call the code's own names, and no other test plays them.

Budgets are not held here: a machine that runs tests is busy.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bench.__main__ import BENCHMARKS
from tests.support.repository import ROOT

OVER_BUDGET = 1


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_a_benchmark_runs_to_its_table(name: str) -> None:
    command = [sys.executable, "-m", "tests.bench", name, "--rounds", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode in (0, OVER_BUDGET), done.stderr[-4_000:]
    assert "Traceback" not in done.stderr
    assert "┡" in done.stdout
