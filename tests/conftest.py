from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import botocore.session
import pytest

from tests.support.aws import Aws, aws_environment

# A session reads the models of its services from disk, which takes longer than what most tests do with them; in one
# process they are the same for all.
botocore.session.create_loader = cache(botocore.session.create_loader)

pytest_plugins = ["tests.support.fuzz", "tests.support.tools"]


@pytest.fixture
def aws() -> Iterator[Aws]:
    with aws_environment() as environment:
        yield environment
