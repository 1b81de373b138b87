"""The options by which publish and artifact sign what they pack, and the signature that lies beside an archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgeship.cli.errors import Usage
from edgeship.domain.plain_text import quoted

if TYPE_CHECKING:
    from edgeship.application.releases.pack_bundle import Packed
    from edgeship.domain.provenance.envelope import Envelope

SUFFIX = ".sig.json"
SignOption = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="KEY",
        help="Sign the archive with a private key: a PEM file (Ed25519, or ECDSA over P-256), or kms:ARN.",
    ),
]


def signature_beside(archive: Path) -> Path:
    """Where the signature of an archive lies."""
    return archive.with_name(archive.name + SUFFIX)


def sealing(dist: Path, key: str | None) -> Callable[[Packed], Envelope] | None:
    """What gives the signature of the packed archive: made with the key, else the one that lies beside `dist`; None if
    there is neither.

    Raises:
        Usage, Refused: the key or the signature can't be read.
    """
    from edgeship.bootstrap.commands import signing
    from edgeship.domain.provenance.envelope import Envelope

    if key is not None:
        return signing.signing(key)
    beside = signature_beside(dist)
    if dist.is_dir() or not beside.is_file():
        return None
    try:
        return signing.signed_before(Envelope.from_json(beside.read_text("utf-8")))
    except (OSError, ValueError) as fault:
        raise Usage(f"{quoted(str(beside))} can't be read: {fault}.", "Remove it, or sign again: --sign KEY.") from None
