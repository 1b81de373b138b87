from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cloud.openfeature_web import install
from tests.support.pytest_plugins.tools import NODE


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
