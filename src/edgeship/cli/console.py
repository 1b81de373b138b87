"""edgeship console: a web page on this machine, with the credentials of who starts it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from edgeship.cli import context
from edgeship.cli.errors import Trouble, explain
from edgeship.cli.options import EnvOption, JsonOption
from edgeship.cli.output import plain

if TYPE_CHECKING:
    from edgeship.console.desk import Desk
    from edgeship.local.demo.story import Ending


def console(
    ctx: typer.Context,
    port: Annotated[
        int, typer.Option("--port", metavar="PORT", min=0, max=65535, help="Of 127.0.0.1. Default: a free one.")
    ] = 0,
    read_only: Annotated[bool, typer.Option("--read-only", help="Show everything, and change nothing.")] = False,
    opens: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Serve a web page that shows the environment, and acts on it, until Ctrl-C.

    It runs on this machine alone, with your AWS credentials; nothing is installed in the account. The URL that it
    prints has a token of this run: who has it can do what you can. With --json it is printed once it answers.

    Example:

        edgeship console --env production --read-only
    """
    out = context.output(ctx, as_json)
    require_console()
    target = context.target(ctx, env, out)
    from edgeship.console.serving import served
    from localcloud.lifecycle import interruptible

    desk = desk_of(target, read_only=read_only)
    with (
        interruptible() as interrupted,
        contextlib.suppress(KeyboardInterrupt),
        served(desk, port, ahead=True) as running,
    ):
        out.result(
            {"url": running.url, "environment": desk.environment, "read_only": read_only},
            [plain(f"the console of {desk.environment}: {running.url}", "bold"), plain("Ctrl-C stops it.")],
        )
        sys.stdout.flush()
        if opens:
            import webbrowser

            webbrowser.open(running.url)
        interrupted.wait()
    out.note("the console is stopped")


def require_console() -> None:
    """
    Raises:
        Trouble: `console`: what it stands on is not installed.
    """
    try:
        import edgeship.console.serving  # noqa: F401
    except ModuleNotFoundError as missing:
        raise Trouble(
            "console", f"The console needs {missing.name}.", "Install it: pip install 'edgeship[console]'."
        ) from missing


def desk_of(target: context.Target, *, read_only: bool) -> Desk:
    """What the pages stand on: the use cases of the target, for the person who started the command."""
    from edgeship.bootstrap.runtime import utc_now
    from edgeship.console.desk import Desk

    local = target.local
    where = f"the local cloud at {local.endpoint_url}" if local is not None else f"AWS account {target.names.account}"
    return Desk(
        operator=target.operator,
        environment=target.names.environment,
        actor=target.actor,
        where=where,
        clock=utc_now,
        explain=explain,
        occasion=target.occasion,
        read_only=read_only,
    )


@contextlib.contextmanager
def console_of_demo(ending: Ending, speed: float) -> Iterator[str]:
    """The console of a demo's cloud, which this process runs; its URL."""
    from edgeship.console.serving import served
    from localcloud.account import ACCOUNT
    from localcloud.state import LocalState

    state = LocalState(
        pid=os.getpid(),
        process_start="",
        endpoint_url=ending.endpoint_url,
        edge_url=ending.edge_url,
        cloudflare_url=None,
        environment=context.LOCAL,
        account=ACCOUNT,
        started_at="",
        logs="",
        speed=speed,
    )
    with served(desk_of(context.local_target(state), read_only=False), ahead=True) as running:
        yield running.url
