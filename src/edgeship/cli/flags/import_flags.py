"""edgeship flags import: another system's flags."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.flags import flag_diff
from edgeship.cli.flags.options import DryRunOption, FileArgument
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption


class Format(StrEnum):
    """A flag file of another system."""

    FLAGD = "flagd"


class Fractional(StrEnum):
    """The hash of flagd's `fractional`; its schema is the same for both."""

    V1 = "v1"
    V2 = "v2"


def import_flags(
    ctx: typer.Context,
    file: FileArgument,
    source: Annotated[Format, typer.Option("--from", help="What wrote the file.")],
    fractional: Annotated[
        Fractional, typer.Option("--fractional", help="How fractional hashes: v1 as in flagd before 0.15, v2 since.")
    ] = Fractional.V2,
    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="OLD=NEW", help="Another key for a flag. Its users keep their variants."),
    ] = None,
    dry_run: DryRunOption = False,
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the flags of another system's file; they mean here what they mean there.

    Its shared evaluators are added by name. If one is another rule already, and flags that the file does not name refer
    to it, the import is refused and lists them.

    Example:

        edgeship flags import flags.flagd.json --from flagd --dry-run
    """
    from edgeship.adapters.documents.flagd_file import from_flagd

    out = context.output(ctx, as_json)
    operator = "fractional" if fractional is Fractional.V2 else "fractional_v1"
    flags = from_flagd(file, dict(map(_renaming, rename or [])), fractional=operator)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or f"flags import --from {source} {file.name}")
    flag_diff.show(out, target.operator.flags.add(flags, occasion, dry_run=dry_run), dry_run=dry_run)


def _renaming(text: str) -> tuple[str, str]:
    # Our keys have no equals sign; others' may.
    old, equals, new = text.rpartition("=")
    if not equals or not old or not new:
        raise Usage(f"{text!r} does not rename a flag.", "Write OLD=NEW, for example 'checkout/new=checkout-new'.")
    return old, new
