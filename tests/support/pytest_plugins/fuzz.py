"""How many examples a test draws: dozens as a rule, a hundred thousand and more with `--hypothesis-profile=fuzz`.

The gate draws the same examples at each run, so that a change is judged by what it changes. `make nightly` and
`make fuzz` draw others each time.

A plugin of pytest, named in tests/conftest.py. Whatever draws its examples is marked `fuzz`: what hypothesis runs by
itself, other tests by hand.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is; speed is the benchmarks' business.
settings.register_profile("random", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("default", settings.get_profile("random"), derandomize=True, max_examples=30)
settings.register_profile("fuzz", settings.get_profile("random"), max_examples=10_000)
settings.load_profile("default")


def examples(usual: int, fuzz: int = 100_000) -> int:
    """The count of this run: half of the usual in the gate. Asked while tests are collected, when the profile is chosen
    already."""
    match settings.get_current_profile_name():
        case "fuzz":
            return fuzz
        case "random":
            return usual
        case _:
            return max(10, usual // 2)


def is_thorough() -> bool:
    """Whether this run leaves nothing out: `make nightly` and `make fuzz`."""
    return settings.get_current_profile_name() != "default"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fuzz: draws its examples, more of them with --hypothesis-profile=fuzz")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker("fuzz")
