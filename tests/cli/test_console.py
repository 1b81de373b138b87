"""edgeship console: it prints where it answers, serves, and ends."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from edgeship.console.serving import Served
from tests.cli.command_line import CommandLine
from tests.support.console import Visitor


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """What a visitor gets while the command runs; then somebody types Ctrl-C."""
    found: list[Any] = []

    def wait(_: Any) -> None:
        document = json.loads(capsys.readouterr().out)
        url = document["url"]
        visitor = Visitor(Served(url, int(url.split(":")[2].split("/")[0])))
        found.append((document, visitor.open().status, visitor.get("/")))
        raise KeyboardInterrupt

    monkeypatch.setattr("localcloud.lifecycle.Interruption.wait", wait)
    return found


@pytest.mark.parametrize("options", [(), ("--read-only",)])
def test_it_serves_the_environment_until_it_is_stopped(
    rolling: CommandLine, asked: list[Any], options: tuple[str, ...]
) -> None:
    done = rolling("console", "--json", *options)
    assert done.code == 0
    ((document, opened, page),) = asked
    assert (document["environment"], document["read_only"]) == ("test", bool(options))
    assert opened == 200
    assert "checkout" in page.text
    assert ("read only" in page.text) == bool(options)
    with pytest.raises(ConnectionRefusedError):
        Visitor(Served(document["url"], int(document["url"].split(":")[2].split("/")[0]))).get("/")


def test_without_the_extra_it_says_what_to_install(edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("edgeship.console")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "starlette.datastructures", None)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    done = edgeship("console", "--json")
    assert done.code == 3
    assert done.document["error"]["remedy"] == "Install it: pip install 'edgeship[console]'."


def test_a_port_that_is_taken_is_said(edgeship: CommandLine) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = edgeship("console", "--json", "--port", str(taken.getsockname()[1]))
    assert done.code == 3
    assert "in use" in done.document["error"]["reason"]
