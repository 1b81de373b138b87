"""Which environment a command uses, and its errors."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest

from edgeship.cli.local_principal import local_actor, local_principal
from edgeship.local.state_path import STATE_PATH
from localcloud.state import LocalState, process_start, read_state, write_state
from tests.cli.command_line import CommandLine
from tests.cli.loopback import Answer, serving
from tests.support.moto.aws import NAMES, Aws


@pytest.fixture(autouse=True)
def sessions_of_their_own(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients are made for each command, from the variables that a test sets."""
    if "edgeship" in request.fixturenames:
        request.getfixturevalue("edgeship")
    monkeypatch.setattr("boto3.Session", boto3.session.Session)


def running_at(endpoint_url: str, **more: dict[str, dict[str, str]]) -> None:
    """Make it so that this process is the local cloud of this folder."""
    write_state(
        STATE_PATH,
        LocalState(
            pid=os.getpid(),
            process_start=process_start(os.getpid()) or "",
            endpoint_url=endpoint_url,
            edge_url="http://127.0.0.1:9",
            cloudflare_url="http://127.0.0.1:9",
            environment="local",
            account="000000000000",
            started_at="2026-11-23T10:00:00+00:00",
            logs=str(Path.cwd()),
            **more,
        ),
    )


def no_table(_: str) -> Answer:
    body = b'{"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", "message": "no such table"}'
    return 400, "application/x-amz-json-1.0", body


def test_no_environment_is_a_usage_error_that_says_how_to_name_one(bare: CommandLine) -> None:
    done = bare("status", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    for way in ("--env", "EDGESHIP_ENV", "edgeship local up"):
        assert way in done.err


VIEWER = {"viewer": {"AWS_ACCESS_KEY_ID": "AKIAVIEWER", "AWS_SECRET_ACCESS_KEY": "secret"}}


def test_one_acts_by_a_policy_of_the_local_cloud(bare: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    running_at("http://127.0.0.1:9", principals=VIEWER)
    state = read_state(STATE_PATH)
    assert state is not None
    for name, key, token in (("", "test", "local"), ("viewer", "AKIAVIEWER", None)):
        monkeypatch.setenv("EDGESHIP_AS", name)
        session, actor = local_principal(state)
        credentials = session.get_credentials()
        assert (credentials.access_key, credentials.token) == (key, token)
        assert actor == (f"local:{name}" if name else local_actor())


@pytest.mark.parametrize(
    ("principals", "says"), [({}, "Start it with --enforce-iam"), (VIEWER, "Set it to one of viewer.")]
)
def test_a_policy_that_the_local_cloud_has_not(
    bare: CommandLine, monkeypatch: pytest.MonkeyPatch, principals: dict[str, dict[str, str]], says: str
) -> None:
    running_at("http://127.0.0.1:9", principals=principals)
    monkeypatch.setenv("EDGESHIP_AS", "owner")
    done = bare("status", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert "EDGESHIP_AS is 'owner'" in done.document["error"]["reason"]
    assert says in done.document["error"]["remedy"]


def test_a_local_cloud_that_runs_here_is_the_default_and_that_is_said(bare: CommandLine) -> None:
    with serving(no_table) as endpoint:
        running_at(endpoint)
        done = bare("status", "--json")
    assert f"using the local cloud at {endpoint}" in done.err
    # Its answer came through: the command asked nobody else.
    assert (done.code, done.document["error"]["code"]) == (3, "environment_missing")


def test_naming_the_local_cloud(bare: CommandLine) -> None:
    absent = bare("--env", "local", "status", "--json")
    assert (absent.code, absent.document["error"]["code"]) == (3, "local_cloud")
    with serving(no_table) as endpoint:
        running_at(endpoint)
        done = bare("status", "--env", "local")
    assert "no such table" in done.err


def test_an_environment_that_is_named_comes_before_a_local_cloud(edgeship: CommandLine, aws: Aws) -> None:
    running_at("http://127.0.0.1:9")
    assert edgeship("status", "--json").document["environment"] == "test"


def test_the_option_comes_before_the_variable_and_the_later_one_before_the_earlier(
    edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGESHIP_ENV", "elsewhere")
    assert edgeship("status", "--env", "test").code == 0
    assert edgeship("--env", "test", "status").code == 0
    assert edgeship("--env", "elsewhere", "status", "--env", "test").code == 0
    assert edgeship("--env", "test", "status", "--env", "elsewhere").code == 3


def test_an_environment_that_cannot_be_is_a_usage_error(edgeship: CommandLine) -> None:
    done = edgeship("status", "--env", "Pro duction")
    assert done.code == 2
    assert "lowercase" in done.err


def test_an_environment_that_is_not_there(edgeship: CommandLine, aws: Aws) -> None:
    aws.dynamodb.delete_table(TableName=NAMES.table)
    done = edgeship("status", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "environment_missing")
    assert "edgeship deploy" in done.err


def test_no_credentials(edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    done = edgeship("status", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "credentials")
    assert "aws sso login" in done.err


def test_no_network(edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    done = edgeship("status", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "unreachable")
    assert "http://127.0.0.1:9" in done.err


@pytest.mark.parametrize(
    "command", ["publish", "releases", "history", "promote", "rollback", "unlock", "embed", "rollout", "policy"]
)
def test_network_trouble_is_the_same_for_every_command(
    edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")
    words = {
        "publish": (str(tmp_path), "--widget", "w", "--version", "1.0.0"),
        "promote": ("w", "1.0.0"),
        "rollout": ("pause", "w"),
        "policy": ("get", "w"),
    }
    done = edgeship(command, *words.get(command, ("w",)))
    assert (done.code, done.out) == (3, "")
    assert "Traceback" not in done.err


def test_down_where_nothing_runs(bare: CommandLine) -> None:
    done = bare("local", "down", "--json")
    assert (done.code, done.document) == (0, {"stopped": None})


def test_up_where_one_runs_already(bare: CommandLine) -> None:
    running_at("http://127.0.0.1:9")
    done = bare("local", "up", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "local_cloud")
    assert "edgeship local down" in done.err
