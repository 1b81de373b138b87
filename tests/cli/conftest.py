from __future__ import annotations

from pathlib import Path

import pytest

from tests.aws import Aws
from tests.cli.command_line import CommandLine
from tests.cli.pipeline import Pipeline


@pytest.fixture
def bare(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Command lines in an empty folder, with no environment named."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in ("EDGESHIP_ENV", "EDGESHIP_URL", "SOURCE_DATE_EPOCH", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return CommandLine(capsys)


@pytest.fixture
def edgeship(bare: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Command lines that act on the environment `test`."""
    monkeypatch.setenv("EDGESHIP_ENV", "test")
    monkeypatch.setenv("EDGESHIP_URL", "https://widgets.example.com/")
    return bare


@pytest.fixture
def pipeline(aws: Aws) -> Pipeline:
    return Pipeline(aws)
