from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.pipeline import Pipeline
from tests.fakes.route_store import FakeRouteStore
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session


@pytest.fixture
def bare(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Command lines in an empty folder, with no environment named."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for name in (
        "EDGESHIP_ENV",
        "EDGESHIP_URL",
        "EDGESHIP_SECOND_URL",
        "SOURCE_DATE_EPOCH",
        "AWS_ENDPOINT_URL",
        "AWS_PROFILE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return CommandLine(capsys)


@pytest.fixture
def edgeship(bare: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """Command lines that act on the environment `test`."""
    monkeypatch.setenv("EDGESHIP_ENV", "test")
    monkeypatch.setattr("boto3.Session", lambda **_: kept_session())
    monkeypatch.setenv("EDGESHIP_URL", "https://widgets.example.com/")
    return bare


@pytest.fixture
def pipeline(aws: Aws) -> Pipeline:
    return Pipeline(aws)


@pytest.fixture
def store(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> FakeRouteStore:
    """The environment's store, whose data API moto does not have. Without this fixture there is none."""
    kept_session().client("cloudfront").create_key_value_store(Name=NAMES.route_store)
    made = FakeRouteStore()
    monkeypatch.setattr("edgeship.adapters.cdn.key_value_store.KeyValueStore", lambda *_: made)
    return made


@pytest.fixture
def at_once(edgeship: CommandLine) -> CommandLine:
    """Releases of checkout that go live by themselves do so at once."""
    assert edgeship("policy", "set", "checkout", "--steps", "100").code == 0
    return edgeship


@pytest.fixture
def rolling(edgeship: CommandLine, pipeline: Pipeline) -> CommandLine:
    """checkout: 1.0.0 is live, 1.1.0 is rolled out by the default policy, at its first step; 2.0.0 waits."""

    def ship() -> None:
        for version in ("1.0.0", "1.1.0", "2.0.0"):
            pipeline.ship("checkout", version)

    pipeline.once("rolling", ship)
    return edgeship
