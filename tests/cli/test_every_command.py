"""Every command that asks an environment: without credentials, with expired ones, denied, and where characters lack."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main
from botocore.exceptions import ClientError, NoCredentialsError

from edgeship.cli.main import app, main
from edgeship.cli.terminal_text import never_fail
from tests.cli.command_line import CommandLine
from tests.support.moto.aws import Aws

LINES = [
    ("status",),
    ("status", "checkout"),
    ("releases", "checkout"),
    ("history", "checkout"),
    ("changes", "checkout"),
    ("open", "checkout"),
    ("logs", "checkout"),
    ("incident", "checkout"),
    ("errors", "checkout", "1.0.0"),
    ("resolve", "/checkout/latest/widget.js"),
    ("embed", "checkout", "1.0.0"),
    ("promote", "checkout", "2.0.0"),
    ("rollback", "checkout"),
    ("unlock", "checkout"),
    ("unquarantine", "checkout", "1.0.0"),
    ("route", "checkout"),
    ("verify", "checkout"),
    ("propagate", "checkout"),
    ("freeze", "checkout", "--until", "1h", "--reason", "holidays"),
    ("unfreeze", "checkout"),
    ("prune", "checkout"),
    ("rollout", "watch", "checkout", "--timeout", "0"),
    ("rollout", "start", "checkout", "2.0.0"),
    *(("rollout", act, "checkout") for act in ("hold", "pause", "resume", "advance", "cancel", "abort")),
    ("policy", "get", "checkout"),
    ("policy", "set", "checkout", "--steps", "100"),
    ("environment", "show"),
    ("environment", "set", "api", "4"),
    ("environment", "unset", "api"),
    ("identity", "list"),
    ("identity", "remove", "ci"),
    ("flags", "list"),
    ("flags", "get", "dark"),
    ("flags", "toggle", "dark", "--off"),
    ("flags", "delete", "dark"),
    ("flags", "stale"),
    ("notifications", "get"),
    ("notifications", "test", "on-call"),
    ("publish", "dist", "--widget", "checkout", "--version", "3.0.0"),
    ("source-maps", "checkout", "1.0.0", "--to", "maps.zip"),
    ("sbom", "checkout", "1.0.0", "--to", "sbom.json"),
]
OFFLINE = {
    "artifact": "packs what lies here",
    "version": "works in a project; its check reads releases as changes does",
    "local": "is the local cloud itself",
}
"""Commands that ask no environment, or only for one of their arguments."""


def test_every_command_is_among_them() -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    missing = commands - {line[0] for line in LINES} - OFFLINE.keys()
    assert missing <= ASKS_AWS_ITSELF, missing


ASKS_AWS_ITSELF: set[str] = {"synth", "deploy", "destroy", "init", "doctor", "cost", "console", "preview"}
"""Commands about the stack, with tests of their own."""

READS_FILES = {"verify", "sbom", "source-maps", "incident", "changes", "errors", "embed"}
"""These read files, which a state that was put back has no more. They print by the same means as the others."""


@pytest.fixture
def build(bare: CommandLine) -> None:
    Path("dist").mkdir()
    Path("dist/widget.js").write_text("console.log(1);\n")


class Refusing:
    """A session whose every call ends so."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def client(self, *_: Any, **__: Any) -> Any:
        error = self.error

        class Client:
            def __getattr__(self, name: str) -> Callable[..., Any]:
                def call(*_: Any, **__: Any) -> Any:
                    raise error

                return call

        return Client()


def expired(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "GetCallerIdentity")


REFUSALS = (
    (NoCredentialsError(), "credentials", "Set AWS_PROFILE or sign in"),
    (expired("ExpiredToken"), "credentials", "Set AWS_PROFILE or sign in"),
    (expired("AccessDenied"), "access_denied", "policy"),
)


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_credentials_that_do_not_do(
    bare: CommandLine, build: None, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    monkeypatch.setenv("EDGESHIP_ENV", "production")
    for error, code, says in REFUSALS:
        monkeypatch.setattr("boto3.Session", lambda error=error, **_: Refusing(error))
        done = bare(*line, "--json")
        assert done.code == 3
        assert done.document["error"]["code"] == code
        assert says in done.document["error"]["remedy"]
        assert done.err.startswith("error: ")


@pytest.mark.parametrize("line", [line for line in LINES if line[0] not in READS_FILES], ids=" ".join)
def test_no_command_fails_for_what_it_prints(
    rolling: CommandLine, build: None, aws: Aws, monkeypatch: pytest.MonkeyPatch, line: tuple[str, ...]
) -> None:
    """Its exit code and its document are the same wherever it prints."""
    monkeypatch.setenv("EDGESHIP_SECOND_URL", "https://widgets.example.org")
    streams = {}
    for encoding in ("ascii", "cp1252"):
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
        never_fail(out)
        never_fail(err)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        streams[encoding] = (main(line), out.buffer.getvalue(), err.buffer.getvalue())  # type: ignore[attr-defined]
    for encoding, (code, out_bytes, err_bytes) in streams.items():
        assert code in (0, 1, 3)
        (out_bytes + err_bytes).decode(encoding)
    if streams["ascii"][0] == 0:
        assert json.dumps(streams["ascii"][1].decode("ascii"))
