"""edgeship flags: show, change and import feature flags."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer

from edgeship.cli import completion, context
from edgeship.cli.errors import Usage
from edgeship.cli.flags import flag_diff
from edgeship.cli.flags.evaluate import evaluate
from edgeship.cli.flags.import_flags import import_flags
from edgeship.cli.flags.options import DryRunOption, FileArgument
from edgeship.cli.flags.stale import stale
from edgeship.cli.flags.users_get import users_get_of
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption
from edgeship.cli.output import plain, table
from edgeship.domain.errors import Refused
from edgeship.domain.flags.records.change_text import change_document, change_lines
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, Document, rolled_out, toggled
from edgeship.domain.strict_json import NotJson, parse

app = typer.Typer(help="Show, change and evaluate feature flags.", no_args_is_help=True, rich_markup_mode=None)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The flag's key.", autocompletion=completion.flags)]
PruneOption = Annotated[bool, typer.Option("--prune", help="Delete the flags that the file does not name.")]


@app.command("list")
def list_flags(ctx: typer.Context, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """List every flag.

    Example:

        edgeship flags list
    """
    out = context.output(ctx, as_json)
    documents = _documents(context.target(ctx, env, out))
    rows = [
        (
            key,
            "on" if flag.get("enabled", True) else "off",
            flag.get("default_variant") or "in code",
            _rollout(flag),
            _where(flag),
        )
        for key, flag in documents.items()
    ]
    columns = ("flag", "", "default", "rollout", "environments")
    out.result({"flags": list(documents.values())}, [table("Flags", columns, rows, "no flags yet")])


@app.command()
def get(ctx: typer.Context, key: KeyArgument, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Print one flag as JSON.

    Example:

        edgeship flags get new-checkout
    """
    out = context.output(ctx, as_json)
    document = _documents(context.target(ctx, env, out)).get(key)
    if document is None:
        raise Refused("flag_unknown", f"There is no flag {key!r}.", "See edgeship flags list.")
    out.result(dict(document), [plain(json.dumps(document, indent=2, ensure_ascii=False))])


@app.command()
def apply(
    ctx: typer.Context,
    file: FileArgument,
    dry_run: DryRunOption = False,
    prune: PruneOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Apply a file of flags.

    If the file has faults, all of them are listed with their places, and nothing is applied. Flags that the file does
    not name stay, unless --prune.

    Example:

        edgeship flags apply flags.json --dry-run
    """
    from edgeship.adapters.documents.flags_file import read_flags_file

    out = context.output(ctx, as_json)
    flags = read_flags_file(file)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or f"flags apply {file.name}")
    flag_diff.show(out, target.operator.flags.apply(flags, occasion, prune=prune, dry_run=dry_run), dry_run=dry_run)


@app.command("set")
def set_fields(
    ctx: typer.Context,
    key: KeyArgument,
    fields: Annotated[
        list[str],
        typer.Argument(metavar="FIELD=VALUE...", help="Values are JSON; a value that is not JSON is text."),
    ],
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set fields of a flag; the flag is made if it does not exist.

    Example:

        edgeship flags set new-checkout 'variants={"on": true, "off": false}' default_variant=off
    """
    values = dict(_field(text) for text in fields)
    _edit(ctx, key, lambda document: {"key": key, **(document or {}), **values}, reason, env, as_json)


@app.command()
def toggle(
    ctx: typer.Context,
    key: KeyArgument,
    enabled: Annotated[
        bool | None, typer.Option("--on/--off", help="On or off. Default: the opposite of now.", show_default=False)
    ] = None,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Switch a flag on or off, and say what users get while it is off.

    That is the flag's off_variant; without one, its default variant if that is false, 0, empty text or an empty object;
    else the default in each client's code.

    Example:

        edgeship flags toggle new-checkout --off --reason "payments time out"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    after: Document = {}

    def switched(document: Document | None) -> Document:
        nonlocal after
        after = toggled(key, document, enabled)
        return after

    made = target.operator.flags.edit(key, switched, target.occasion(reason or "changed by hand"))
    users_get, words = users_get_of(after)
    if made:
        document = {"dry_run": False, "changes": change_document(made), "users_get": users_get}
        out.result(document, [plain(line) for line in (*change_lines(made), words)])
    else:
        out.note(words)
        out.result({"dry_run": False, "changes": [], "users_get": users_get}, [plain("nothing to do")])


@app.command()
def rollout(
    ctx: typer.Context,
    key: KeyArgument,
    percentage: Annotated[float, typer.Argument(metavar="PERCENT", help="0 to 100, in steps of 0.01.")],
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant", metavar="NAME", help="Their variant. Default: the rollout's, else the only other one."
        ),
    ] = None,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give a flag's variant to a percentage of users, and remove its schedule. A growing percentage takes it from
    nobody.

    Example:

        edgeship flags rollout new-checkout 25
    """
    whole = int(percentage) if percentage.is_integer() else percentage
    _edit(ctx, key, lambda document: rolled_out(key, document, whole, variant), reason, env, as_json)


@app.command()
def delete(
    ctx: typer.Context,
    key: KeyArgument,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a flag; clients then use the defaults in their code.

    Example:

        edgeship flags delete new-checkout --reason "it is everywhere"
    """

    def gone(document: Document | None) -> None:
        if document is None:
            raise Refused("flag_unknown", f"There is no flag {key!r}.", "See edgeship flags list.")

    _edit(ctx, key, gone, reason, env, as_json)


app.command()(evaluate)
app.command("import")(import_flags)
app.command()(stale)


def _edit(
    ctx: typer.Context,
    key: str,
    edit: Callable[[Document | None], Document | None],
    reason: str | None,
    env: str | None,
    as_json: bool,
) -> None:
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    flag_diff.show(
        out, target.operator.flags.edit(key, edit, target.occasion(reason or "changed by hand")), dry_run=False
    )


def _documents(target: context.Target) -> dict[str, Document]:
    return {
        record.key: record.document
        for record in target.operator.state.flags()
        if record.document is not None and record.key not in SHARED_KEYS
    }


def _field(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise Usage(f"{text!r} does not set a field.", "Write FIELD=VALUE, for example default_variant=off.")
    try:
        return name, parse(value)
    except NotJson as fault:
        if not fault.is_json:
            return name, value
        raise Usage(
            f"The value of {name!r} can't be stored: {fault}.", "Write it as JSON, or as text in quotes."
        ) from None


def _rollout(flag: Document) -> str:
    found = flag.get("rollout")
    if not found:
        return "-"
    scheduled = ", scheduled" if found.get("schedule") else ""
    return f"{found['variant']} {found.get('percentage', 0):g} %{scheduled}"


def _where(flag: Document) -> str:
    return ", ".join(flag.get("environments") or ()) or "all"
