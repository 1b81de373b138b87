"""The workflows in docs/ci are valid, and each command line of edgeship in them is one of the command line's."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest
import typer
import yaml

from edgeship.cli.main import app
from tests.support.repository import ROOT

FOLDER = ROOT / "docs" / "ci"
GITHUB = yaml.safe_load((FOLDER / "github.yml").read_text())
GITLAB = yaml.safe_load((FOLDER / "gitlab-ci.yml").read_text())


def scripts() -> list[str]:
    steps = [step["run"] for job in GITHUB["jobs"].values() for step in job["steps"] if "run" in step]
    return [*steps, *(line for job in GITLAB.values() for line in job.get("script", ()))]


LINES = [line for script in scripts() for line in script.splitlines() if line.startswith("edgeship ")]


@pytest.mark.parametrize("line", LINES)
def test_each_command_line_is_valid(line: str) -> None:
    words = shlex.split(re.sub(r"\$\{\{[^}]*\}\}|\$\{[^}]*\}|\$[A-Z_]+", "1", line))[1:]
    command: Any = typer.main.get_command(app)
    parsed = command.get_command(typer.Context(command), words[0]).make_context(words[0], words[1:])
    assert words[0] == "publish"
    assert parsed.params["wait"]
    assert bool(parsed.params["preview"]) != bool(parsed.params["version"])


def test_each_workflow_publishes_a_preview_and_a_release() -> None:
    assert [("--preview" in line, "--version" in line) for line in LINES] == [(True, False), (False, True)] * 2


def test_a_pull_request_has_another_role_than_a_tag_and_no_more_than_it_needs() -> None:
    assert GITHUB["permissions"] == {}
    preview, release = GITHUB["jobs"]["preview"], GITHUB["jobs"]["release"]
    assert preview["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    assert release["permissions"] == {"contents": "read", "id-token": "write"}
    roles = [
        step["with"]["role-to-assume"]
        for job in (preview, release)
        for step in job["steps"]
        if "role-to-assume" in step.get("with", {})
    ]
    assert roles == ["${{ vars.PREVIEW_ROLE }}", "${{ vars.RELEASE_ROLE }}"]
    assert (GITLAB["preview"]["variables"]["ROLE"], GITLAB["release"]["variables"]["ROLE"]) == (
        "$PREVIEW_ROLE",
        "$RELEASE_ROLE",
    )
