"""Every command and every option is described: in its help, and in docs/cli.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from edgeship.cli.commands import COMMANDS as LISTED
from edgeship.cli.main import app
from tests.cli.command_line import CommandLine
from tests.cli.documentation import TEXT, sections


def _walk(command: Any, path: str) -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None or path == "edgeship":
        yield path, command
    for name, child in (children or {}).items():
        yield from _walk(child, f"{path} {name}")


COMMANDS = dict(_walk(typer.main.get_command(app), "edgeship"))


def _options(command: Any) -> list[str]:
    return [name for p in command.params if p.param_type_name == "option" for name in (*p.opts, *p.secondary_opts)]


def test_there_are_the_commands_that_the_reference_has_sections_for() -> None:
    assert set(sections()) == set(COMMANDS)


@pytest.mark.parametrize("name", LISTED)
def test_the_programs_help_has_the_first_sentence_of_each_command(name: str) -> None:
    first = COMMANDS.get(f"edgeship {name}") or typer.main.get_command(app).commands[name]  # type: ignore[attr-defined]
    sentence = " ".join((first.help or "").partition("\n\n")[0].split()).partition(". ")[0].rstrip(".")
    assert LISTED[name].help == sentence


@pytest.mark.parametrize("path", COMMANDS)
def test_the_reference_describes_every_option(path: str) -> None:
    described = sections()[path]
    missing = [option for option in _options(COMMANDS[path]) if f"`{option}" not in described]
    assert not missing


@pytest.mark.parametrize("path", COMMANDS)
def test_help_describes_every_parameter_and_shows_an_example(path: str, bare: CommandLine) -> None:
    shown = bare(*path.split()[1:], "--help")
    assert (shown.code, shown.err) == (0, "")
    assert f"Example:\n\n      edgeship {path.removeprefix('edgeship').strip()}".rstrip() in shown.out
    for option in _options(COMMANDS[path]):
        assert option in shown.out
    for parameter in COMMANDS[path].params:
        assert parameter.help, f"{path}: {parameter.name} has no help"


def test_the_reference_names_every_exit_code() -> None:
    for code in ("0", "1", "2", "3", "130"):
        assert f"| {code} |" in TEXT
