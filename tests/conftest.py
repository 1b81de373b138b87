from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest

from tests.support.moto.aws import Aws, aws_environment

# A session reads the models of its services from disk, which takes longer than what most tests do with them; in one
# process they are the same for all.
botocore.session.create_loader = cache(botocore.session.create_loader)

pytest_plugins = [
    "tests.support.pytest_plugins.fuzz",
    "tests.support.local_cloud.shared",
    "tests.support.pytest_plugins.tools",
    "tests.support.pytest_plugins.xdist_groups",
]

SYNTHESISED = {"production", "customised", "local", "stack"}
"""Fixtures that synthesise a stack."""


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Mark what `make quick` leaves out beside clouds and browsers: synthesised stacks, and the search for deaths."""
    for item in items:
        if item.path.stem.endswith("_crashes"):
            item.add_marker("crash")
        if SYNTHESISED.intersection(item.fixturenames):
            item.add_marker("synth")


@pytest.fixture(scope="session", autouse=True)
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No command of a test reads or writes what this user was shown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


@pytest.fixture
def aws() -> Iterator[Aws]:
    with aws_environment() as environment:
        yield environment
