"""The console script `edgeship`: its commands, and how errors become exit codes."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.commands import LazyGroup
from edgeship.cli.context import GlobalOptions
from edgeship.cli.errors import ExitCode, Failure, explain, sentence
from edgeship.cli.output import Output, ReaderGone, write
from edgeship.cli.terminal_text import never_fail

app = typer.Typer(
    name="edgeship",
    cls=LazyGroup,
    pretty_exceptions_enable=False,
    # Plain help: with rich the start takes twice as long.
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"edgeship {version('edgeship')}\n")
        raise typer.Exit


@app.callback()
def edgeship(
    ctx: typer.Context,
    env: Annotated[
        str | None,
        typer.Option(
            "--env",
            metavar="NAME",
            help="The environment to act on; may also follow the command. Default: EDGESHIP_ENV, else the local cloud "
            "that runs in this folder.",
        ),
    ] = None,
    as_json: Annotated[
        bool,
        typer.Option("--json", help="Print one JSON document on standard output; may also follow the command."),
    ] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and exit.")
    ] = False,
) -> None:
    """Ship browser widgets to a CDN on AWS, and roll bad ones back.

    Exit codes: 0 done, 1 refused by a rule, 2 usage, 3 AWS or network trouble.

    Example:

        edgeship publish dist --widget checkout --version 1.4.2 --wait
    """
    given = context.given(ctx)
    given.env, given.as_json = env, as_json


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Expected errors are printed, unexpected ones are raised."""
    out, given = Output(as_json=_wants_json(arguments)), GlobalOptions()
    try:
        code = _command()(list(arguments), prog_name="edgeship", standalone_mode=False, obj=given)
        if code == ExitCode.INTERRUPTED:  # typer turns KeyboardInterrupt into this
            raise KeyboardInterrupt
    except typer.TyperException as invalid:
        if (shown := _help_of(invalid)) is not None:
            write(f"{shown}\n")
            return ExitCode.DONE
        out.failure(_usage(invalid))
        return ExitCode.USAGE
    except ReaderGone:
        return ExitCode.DONE
    except (Exception, KeyboardInterrupt) as error:
        failure = explain(given.explained(error))
        if failure is None:
            raise
        out.failure(failure)
        return failure.exit_code
    return code if isinstance(code, int) else ExitCode.DONE


@cache
def _command() -> Callable[..., Any]:
    """All commands, as click has them. Typer would make them again at each call."""
    return typer.main.get_command(app)


def run() -> None:
    """The entry point of the console script."""
    # What a command makes lives as long as it does: a tenth of a short one's time would go into looking for cycles.
    gc.set_threshold(100_000)
    # As Ctrl-C does: what a command holds, such as a temporary archive, is removed on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    never_fail(sys.stdout)
    never_fail(sys.stderr)
    sys.exit(main(sys.argv[1:]))


def _help_of(invalid: typer.TyperException) -> str | None:
    """The help of a group that is called without a command; None for what is a mistake."""
    group = getattr(invalid, "ctx", None)
    shown: str | None = group.get_help() if group is not None else None
    return shown if invalid.format_message() == shown else None


def _usage(invalid: typer.TyperException) -> Failure:
    """The failure of a command line that typer refuses."""
    where = getattr(invalid, "ctx", None)
    path = where.command_path if where is not None else "edgeship"
    return Failure(ExitCode.USAGE, "usage", sentence(invalid.format_message()), f"See {path} --help.")


def _wants_json(arguments: Sequence[str]) -> bool:
    # Read before the command line is parsed, for errors of parsing.
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in before
