"""edgeship environment: which versions of the backends run, which releases may require."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.channels.approval import on
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption
from edgeship.cli.output import plain, table
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import when

if TYPE_CHECKING:
    from edgeship.application.status.find_unserved import Unserved
    from edgeship.domain.requirements.environment import EnvironmentRecord

app = typer.Typer(
    help="What runs around the widgets: names that releases require, with their versions.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A name that releases require, for example api.")]


@app.command("set")
def set_(
    ctx: typer.Context,
    name: NameArgument,
    version: Annotated[str, typer.Argument(metavar="VERSION", help="What runs now: 4, 4.2 or 4.2.1.")],
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which version of a backend runs in the environment. Call it when the backend is deployed.

    A release that requires another version is not promoted, rolled out, advanced or rolled back to. What waits for this
    version starts within a minute or two. Nothing that is live is moved: the answer names the live versions that
    require another version.

    Example:

        edgeship environment set api 4.2
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "set by hand")
    operator = target.operator
    try:
        record, changed = operator.environment.set(name, version, occasion), True
    except Refused as refused:
        if refused.code != "environment_unchanged":
            raise
        record, changed = operator.state.environment(), False
        out.note(refused.reason)
    unserved = operator.unserved()
    lines = [plain(f"{name} is {version}" if changed else "nothing to do")]
    lines += [plain(unserved_line(each), "bold yellow") for each in unserved]
    document = {**_document(record), "changed": changed, "unserved": [_unserved(each) for each in unserved]}
    out.result(document, lines)


@app.command()
def unset(
    ctx: typer.Context,
    name: NameArgument,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove a name. Releases that require it are not promoted until it is set; they can be rolled back to.

    Example:

        edgeship environment unset api --reason "the widget calls no backend any more"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    record = target.operator.environment.unset(name, target.occasion(reason or "unset by hand"))
    out.result({**_document(record), "changed": True}, [plain(f"{name} is not set any more")])


@app.command()
def show(ctx: typer.Context, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Show the names with their versions: since when, by whom and why.

    Example:

        edgeship environment show
    """
    out = context.output(ctx, as_json)
    record = context.target(ctx, env, out).operator.state.environment()
    rows = [(name, r.version, when(r.since), r.actor, r.cause) for name, r in sorted(record.running.items())]
    columns = ("name", "version", "since (UTC)", "by", "why")
    shown = table(
        "what runs in the environment", columns, rows, empty="nothing is set: edgeship environment set NAME VERSION"
    )
    out.result(_document(record), [shown])


def unserved_line(each: Unserved) -> str:
    """What is live or a candidate, and requires what does not run."""
    return (
        f"NOT SERVED {each.channel} of {each.widget}: {each.clause}\n"
        f"what to do: promote a version that works with it (edgeship promote {each.widget} VERSION{on(each.channel)}), "
        "or correct the environment (edgeship environment set)"
    )


def _unserved(each: Unserved) -> dict[str, Any]:
    return {"widget": each.widget, "channel": each.channel, "version": str(each.version), "reason": each.clause}


def _document(record: EnvironmentRecord) -> dict[str, Any]:
    return {"running": {name: asdict(each) for name, each in sorted(record.running.items())}}
