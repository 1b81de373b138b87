"""Tests of one group run on one worker, which the scheduler does by a suffix of their node ids."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.pytest_plugins.xdist_groups import pytest_collection_modifyitems


@pytest.mark.xdist_group("a-group")
@pytest.mark.parametrize("loadgroup", [True, False])
def test_the_group_is_the_suffix_of_a_node_id(loadgroup: bool, request: pytest.FixtureRequest) -> None:
    item: Any = request.node
    before = item._id
    try:
        item._id = type(before).parse(item.nodeid.removesuffix("@a-group"))
        config: Any = SimpleNamespace(option=SimpleNamespace(loadgroup=loadgroup))
        for _ in range(2):  # xdist may do it, too
            pytest_collection_modifyitems(config, [item])
        assert item.nodeid.count("@a-group") == (1 if loadgroup else 0)
    finally:
        item._id = before
