"""The local cloud that tests share, booted by the first test that asks for it. They are in one group, on one worker.

Each test uses a widget of its own, and puts back what it changes for everybody: flags, notification rules, the
snapshot. The edge's freshness is short, and what waits for the edge waits accordingly. IAM is enforced: each function
does its work with its own role, and the operator's with the operator's policy.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edgeship.bootstrap import operator
from edgeship.local.cloud import LocalCloud

EDGE_FRESHNESS_SECONDS = 0.5
STORE_DELAY_SECONDS = 0.5


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    state = tmp_path_factory.mktemp("cloud") / "local.json"
    with LocalCloud(
        state_path=state,
        edge_freshness_seconds=EDGE_FRESHNESS_SECONDS,
        store_delay_seconds=STORE_DELAY_SECONDS,
        enforce_iam=True,
        widget_policies=("mine", "theirs"),
    ) as running:
        yield running


@pytest.fixture
def tools(cloud: LocalCloud) -> operator.Operator:
    """What an operator can do, with the operator's policy."""
    return operator.build(cloud.names, cloud.session("operator"), cloud.edge_url)
