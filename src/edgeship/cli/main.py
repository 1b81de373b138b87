"""The console script `edgeship`: its commands, and how errors become exit codes."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any

import typer

from edgeship.cli import local
from edgeship.cli.calendar import freeze
from edgeship.cli.channels import channels, policy, rollout
from edgeship.cli.context import GlobalOptions
from edgeship.cli.deploying import deploy, destroy, synth
from edgeship.cli.edge import resolve
from edgeship.cli.embeds import embed
from edgeship.cli.errors import ExitCode, Failure, explain, sentence
from edgeship.cli.flags import flags
from edgeship.cli.notifications import notifications
from edgeship.cli.output import Output
from edgeship.cli.propagation import propagate, verify
from edgeship.cli.provenance import identities, sbom
from edgeship.cli.pruning import prune
from edgeship.cli.releases import artifact, publish, reading
from edgeship.cli.requirements import environment
from edgeship.cli.status import status
from edgeship.cli.telemetry import source_maps, top_errors
from edgeship.cli.versioning import version

app = typer.Typer(
    name="edgeship",
    pretty_exceptions_enable=False,
    # Plain help: with rich the start takes twice as long.
    rich_markup_mode=None,
)

for command in (
    publish.publish,
    artifact.artifact,
    reading.releases,
    status.status,
    resolve.resolve,
    verify.verify,
    propagate.propagate,
    reading.history,
    top_errors.errors,
    source_maps.source_maps,
    sbom.sbom,
    channels.promote,
    channels.rollback,
    channels.unlock,
    channels.unquarantine,
    channels.route,
    freeze.freeze,
    freeze.unfreeze,
    embed.embed,
    prune.prune,
    synth.synth,
    deploy.deploy,
    destroy.destroy,
):
    app.command()(command)
app.add_typer(version.app, name="version")
app.add_typer(rollout.app, name="rollout")
app.add_typer(policy.app, name="policy")
app.add_typer(environment.app, name="environment")
app.add_typer(flags.app, name="flags")
app.add_typer(notifications.app, name="notifications")
app.add_typer(identities.app, name="identity")
app.add_typer(local.app, name="local")


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
) -> None:
    """Ship browser widgets to a CDN on AWS, and roll bad ones back.

    Exit codes: 0 done, 1 refused by a rule, 2 usage, 3 AWS or network trouble.

    Example:

        edgeship publish dist --widget checkout --version 1.4.2 --wait
    """
    ctx.obj = GlobalOptions(env, as_json)


def main(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code. Expected errors are printed, unexpected ones are raised."""
    out = Output(as_json=_wants_json(arguments))
    try:
        code = _command()(list(arguments), prog_name="edgeship", standalone_mode=False)
        if code == ExitCode.INTERRUPTED:  # typer turns KeyboardInterrupt into this
            raise KeyboardInterrupt
    except typer.TyperException as invalid:
        out.failure(_usage(invalid))
        return ExitCode.USAGE
    except (Exception, KeyboardInterrupt) as error:
        failure = explain(error)
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
    # As Ctrl-C does: what a command holds, such as a temporary archive, is removed on the way out.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names are Unicode, and a machine's locale may not be: what it can't print must not end a command that is done.
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(main(sys.argv[1:]))


def _usage(invalid: typer.TyperException) -> Failure:
    """The failure of a command line that typer refuses."""
    context = getattr(invalid, "ctx", None)
    path = context.command_path if context is not None else "edgeship"
    return Failure(ExitCode.USAGE, "usage", sentence(invalid.format_message()), f"See {path} --help.")


def _wants_json(arguments: Sequence[str]) -> bool:
    # Read before the command line is parsed, for errors of parsing.
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in before
