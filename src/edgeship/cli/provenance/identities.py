"""edgeship identity: whose signature may publish which widget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.durations import parse_duration, show_duration
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption, JsonOption, ReasonOption
from edgeship.cli.output import plain, table
from edgeship.domain.plain_text import when

if TYPE_CHECKING:
    from edgeship.domain.provenance.identity import IdentitiesRecord

app = typer.Typer(
    help="Identities: whose signature may publish which widget.", no_args_is_help=True, rich_markup_mode=None
)

_KEY_SHOWN = 16


@app.command("list")
def list_identities(ctx: typer.Context, env: EnvOption = None, as_json: JsonOption = False) -> None:
    """Show who may publish what. Widgets that no identity names take unsigned uploads, unless the stack refuses them.

    Example:

        edgeship identity list
    """
    out = context.output(ctx, as_json)
    record = context.target(ctx, env, out).operator.state.identities()
    rows = [
        (
            identity.name,
            identity.kind,
            ", ".join(identity.widgets),
            show_duration(identity.validity_seconds),
            identity.key_id[:_KEY_SHOWN],
            when(identity.added_at),
            identity.added_by,
        )
        for identity in record.identities
    ]
    columns = ("name", "kind", "may publish", "good for", "key", "added (UTC)", "by")
    out.result(_document(record), [table("identities", columns, rows, empty="there is no identity")])


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, such as checkout-ci.")],
    widgets: Annotated[
        list[str],
        typer.Option("--widgets", metavar="PATTERN", help="A widget that it may publish, or pay-*, or *; repeatable."),
    ],
    public_key: Annotated[
        Path | None,
        typer.Option(
            "--public-key", metavar="FILE", help="Its public key: a PEM file, of Ed25519 or of ECDSA over P-256."
        ),
    ] = None,
    kms: Annotated[
        str | None, typer.Option("--kms", metavar="ARN", help="Or the asymmetric key of KMS with which it signs.")
    ] = None,
    valid_for: Annotated[
        str,
        typer.Option(
            "--valid-for", metavar="DURATION", help="How long after signing an archive may arrive, at most 90d."
        ),
    ] = "1d",
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a key publish widgets. From then on, uploads of these widgets that no identity signed are refused.

    Example:

        edgeship identity add checkout-ci --public-key ci.pub --widgets checkout
    """
    from edgeship.bootstrap.commands.signing import read_identity

    out = context.output(ctx, as_json)
    if (public_key is None) == (kms is None):
        given = "both --public-key and --kms" if kms is not None else "neither --public-key nor --kms"
        raise Usage(f"The command line has {given}.", "Give one of them.")
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "added by hand")
    identity = read_identity(name, public_key, kms, tuple(widgets), parse_duration(valid_for, "--valid-for"))
    record = target.operator.identities.add(identity, occasion)
    shown = f"{name} may publish {', '.join(widgets)}; unsigned uploads of these are refused from now on"
    out.result(_document(record), [plain(shown)])


@app.command()
def remove(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The identity's name.")],
    reason: ReasonOption = None,
    env: EnvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let a key publish no more. Releases that it signed stay: edgeship releases says which.

    Example:

        edgeship identity remove checkout-ci --reason "the key leaked"
    """
    out = context.output(ctx, as_json)
    target = context.target(ctx, env, out)
    occasion = target.occasion(reason or "removed by hand")
    before = target.operator.state.identities()
    record = target.operator.identities.remove(name, occasion)
    patterns = {p for i in before.identities if i.name == name for p in i.widgets}
    if unsigned := sorted(patterns - {p for i in record.identities for p in i.widgets}):
        out.note(
            f"no other identity names {', '.join(unsigned)}: unsigned uploads are taken there, "
            "unless the stack has require_signatures"
        )
    out.result(_document(record), [plain(f"{name} may publish nothing more")])


def _document(record: IdentitiesRecord) -> dict[str, Any]:
    return {"identities": [identity.to_dict() for identity in record.identities]}
