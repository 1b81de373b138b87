"""Names are completed from the environment, and a failure completes nothing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from edgeship.cli import completion
from tests.cli.command_line import CommandLine


def typed(**params: Any) -> Any:
    return SimpleNamespace(params={"env": None, **params})


def test_names_of_the_environment(rolling: CommandLine) -> None:
    assert completion.widgets(typed(), "ch") == ["checkout"]
    assert completion.widgets(typed(), "x") == []
    assert completion.versions(typed(widget="checkout"), "1.") == ["1.1.0", "1.0.0"]
    assert completion.versions(typed(), "1.") == []
    assert completion.channels(typed(widget="checkout"), "") == ["latest"]
    assert completion.flags(typed(), "") == []


def test_without_an_environment_nothing_is_offered(bare: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("boto3.Session", lambda **_: (_ for _ in ()).throw(RuntimeError))
    assert completion.widgets(typed(), "") == []
    assert completion.widgets(typed(env="production"), "") == []
    assert completion.environments(typed(), "") == []
