from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.aws import Aws, aws_environment


@pytest.fixture
def aws() -> Iterator[Aws]:
    with aws_environment() as environment:
        yield environment
