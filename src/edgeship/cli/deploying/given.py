"""The options of a deploy, and where each may be given."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from edgeship.adapters.documents.project_toml import read_cdk_context, read_project_file
from edgeship.cli.errors import Usage

ContextOption = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        "-c",
        metavar="KEY=VALUE",
        help="An option of the stack, such as -c domain_name=widgets.example.com; may be repeated. It comes before "
        "edgeship.toml, and that before cdk.json.",
    ),
]
AccountOption = Annotated[
    str | None,
    typer.Option("--account", metavar="DIGITS", help="The 12 digits of the AWS account. Default: your credentials'."),
]


def context_of(environment: str, given: Iterable[str] | None) -> dict[str, str]:
    """The options of an environment in this folder.

    Raises:
        Usage: an option is not KEY=VALUE.
        Refused: `project_file_invalid`.
    """
    here = Path.cwd()
    context = {**read_cdk_context(here), **read_project_file(here).context(environment), **options_of(given)}
    return {**context, "environment": environment}


def options_of(given: Iterable[str] | None) -> dict[str, str]:
    """What `-c` gave.

    Raises:
        Usage: an option is not KEY=VALUE.
    """
    options = {}
    for text in given or ():
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise Usage(f"-c {text}: not KEY=VALUE.", "Write it as -c domain_name=widgets.example.com.")
        options[key.strip()] = value
    return options
