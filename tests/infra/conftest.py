"""Synthesised stacks, shared by all workers and runs."""

from __future__ import annotations

import pytest

from tests.infra.synthesised import stack
from tests.infra.template import Template


@pytest.fixture(scope="session")
def production() -> Template:
    """Nothing but the required options."""
    return stack("production")


@pytest.fixture(scope="session")
def customised() -> Template:
    """The same environment with every option set."""
    return stack("customised")


@pytest.fixture(scope="session")
def first() -> Template:
    """`production` as its first deploy makes it."""
    return stack("first")


@pytest.fixture(scope="session")
def local() -> Template:
    """The local cloud's."""
    return stack("local")


@pytest.fixture(scope="session")
def previewing() -> Template:
    """`production` with previews."""
    return stack("previewing")
