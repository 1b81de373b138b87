"""Runs command lines in this process, through the same entry that the console script takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from edgeship.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """What a command left: its exit code and all it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found


@dataclass(frozen=True)
class CommandLine:
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> Outcome:
        self.capsys.readouterr()
        code = main(arguments)
        out, err = self.capsys.readouterr()
        return Outcome(code, out, err)
