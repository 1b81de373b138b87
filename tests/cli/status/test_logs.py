from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.support.moto.aws import NAMES
from tests.support.moto.sessions import kept_session


@pytest.fixture
def logged(edgeship: CommandLine) -> CommandLine:
    client = kept_session().client("logs")
    now = int(datetime.now(UTC).timestamp() * 1000)
    for function, lines in {
        "promotion": [
            "START RequestId: 1 Version: $LATEST",
            json.dumps({"level": "INFO", "message": "decided", "widget": "checkout", "correlation_id": "a1"}),
        ],
        "relay": [
            json.dumps({"level": "ERROR", "message": "set aside", "widget": "chat", "correlation_id": "b2c3d4e5f6"})
        ],
    }.items():
        group = NAMES.log_group(function)
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName="s")
        events = [{"timestamp": now + number, "message": line} for number, line in enumerate(lines)]
        client.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    return edgeship


def test_what_the_functions_logged(logged: CommandLine) -> None:
    done = logged("logs", "checkout", "--json")
    assert_as_documented(done.document | {"lines": done.document["lines"][:0]}, "edgeship logs")
    (line,) = done.document["lines"]
    assert (line["function"], line["fields"]["message"]) == ("promotion", "decided")
    assert logged("logs", "--event", "b2c3d4e5f6", "--json").document["lines"][0]["function"] == "relay"
    assert "decided" in logged("logs", "checkout").out
    assert "logged nothing about it" in logged("logs", "menu", "--since", "5m").out


@pytest.mark.parametrize("words", [(), ("checkout", "--event", "a1"), ("checkout", "--since", "soon")])
def test_what_is_no_question(logged: CommandLine, words: tuple[str, ...]) -> None:
    assert logged("logs", *words, "--json").code == 2
