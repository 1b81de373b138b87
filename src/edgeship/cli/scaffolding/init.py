"""edgeship init: the files of a new project."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.deploying.given import options_of
from edgeship.cli.errors import Usage
from edgeship.cli.options import JsonOption
from edgeship.cli.output import Output, plain
from edgeship.cli.scaffolding.templates import read_templates
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget
from edgeship.domain.scaffolding.project import Ci, Skeleton, Wishes, next_commands
from edgeship.resource_names import ResourceNames

DEFAULT_ENVIRONMENT = "production"


def init(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="The project's folder. Default: this one.")] = Path(),
    widget: Annotated[
        str | None, typer.Option("--widget", metavar="NAME", help="The widget's name. Default: that of the folder.")
    ] = None,
    skeleton: Annotated[
        Skeleton | None,
        typer.Option("--skeleton", help="What the widget is written with; none if there is one. Default: plain."),
    ] = None,
    ci: Annotated[Ci | None, typer.Option("--ci", help="For which CI a workflow is written. Default: github.")] = None,
    env: Annotated[
        str | None, typer.Option("--env", metavar="NAME", help="The environment. Default: production.")
    ] = None,
    domain: Annotated[
        str | None,
        typer.Option("--domain", metavar="HOST", help="Where widgets are served. Default: CloudFront's name."),
    ] = None,
    certificate: Annotated[
        str | None, typer.Option("--certificate", metavar="ARN", help="The domain's certificate in us-east-1.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--context", "-c", metavar="KEY=VALUE", help="An option of the stack; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: take the defaults of what is not given.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that are there.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the files of a new project: edgeship.toml, a workflow for CI, and a widget.

    Asks for what is not given. Writes all files or none, and overwrites none without --force. It needs no account.

    Example:

        edgeship init --widget checkout --skeleton react --ci github --domain widgets.example.com
    """
    out = context.output(ctx, as_json)
    ask = _Asking(out, yes=yes)
    named = widget or ask.text("widget", "--widget", _proposed(folder))
    chosen = skeleton or Skeleton(ask.text("skeleton", "--skeleton", Skeleton.PLAIN, [*Skeleton]))
    where = ci or Ci(ask.text("ci", "--ci", Ci.GITHUB, [*Ci]))
    environment = env or context.given(ctx).env or ask.text("environment", "--env", DEFAULT_ENVIRONMENT)
    host = domain if domain is not None else ask.text("domain (empty: CloudFront's name)", "--domain", "")
    try:
        ResourceNames(environment, "0" * 12)
    except ValueError as invalid:
        raise Usage(f"{invalid}.", "Choose another name with --env.") from None
    wishes = Wishes(named, environment, chosen, where, host or None, certificate, options_of(given))

    from edgeship.adapters.projects.new_files import NewFiles
    from edgeship.application.scaffolding.start_project import StartProject

    written = StartProject(NewFiles(folder), read_templates())(wishes, force=force)
    commands = [*([f"cd {shlex.quote(str(folder))}"] if folder != Path() else []), *next_commands(wishes)]
    document = {
        "widget": wishes.widget,
        "environment": wishes.environment,
        "skeleton": str(wishes.skeleton),
        "ci": str(wishes.ci),
        "folder": str(folder),
        "files": written,
        "next": commands,
    }
    lines = [f"wrote {path}" for path in written]
    out.result(document, [plain("\n".join([*lines, "", "next:", *(f"  {command}" for command in commands)]))])


class _Asking:
    """A person at a terminal, or nobody."""

    def __init__(self, out: Output, *, yes: bool) -> None:
        self._out = out
        self._yes = yes

    def text(self, what: str, option: str, default: str, choices: list[str] | None = None) -> str:
        """
        Raises:
            Usage: nobody can be asked, and `--yes` was not given.
        """
        if self._yes:
            return default
        if not sys.stdin.isatty():
            raise Usage(
                f"{option} is missing, and nobody can be asked: standard input is no terminal.",
                f"Give {option}, or take the defaults with --yes.",
            )
        shown = f"{what} ({', '.join(choices)})" if choices else what
        while True:
            self._out.errors.print(plain(f"{shown} [{default}]:"), end=" ")
            line = sys.stdin.readline()
            if not line:
                raise Usage(f"{option} is missing, and the input has ended.", "Nothing was written. Run it again.")
            answer = line.strip() or default
            if choices is None or answer in choices:
                return answer
            self._out.note(f"One of {', '.join(choices)}.")


def _proposed(folder: Path) -> str:
    """A widget's name from the folder's."""
    name = re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-")[:63].strip("-")
    try:
        return check_widget(name)
    except Refused:
        return "my-widget"
