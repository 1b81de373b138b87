from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgeship.bootstrap import operator
from edgeship.local.cloud import LocalCloud
from tests.cloud.openfeature_web import install
from tests.support.tools import NODE


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """One local cloud for every test in this folder; each uses a widget of its own."""
    state: Path = tmp_path_factory.mktemp("cloud") / "local.json"
    with LocalCloud(state_path=state) as running:
        yield running


@pytest.fixture
def tools(cloud: LocalCloud) -> operator.Operator:
    return operator.build(cloud.names, cloud.session(), cloud.edge_url)


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that OpenFeature's web client is installed in."""
    NODE.require()
    folder = tmp_path_factory.mktemp("openfeature")
    try:
        install(folder)
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")
    return folder
