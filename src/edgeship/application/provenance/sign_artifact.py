"""Sign an archive on the machine that publishes it."""

from __future__ import annotations

from edgeship.application.provenance.ports import Signer
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.provenance.envelope import PAYLOAD_TYPE as TYPE
from edgeship.domain.provenance.envelope import Envelope, Signature, signed_bytes
from edgeship.domain.provenance.identity import key_id
from edgeship.domain.provenance.statement import Statement


def sign_artifact(statement: Statement, signer: Signer) -> Envelope:
    """The statement with its signature."""
    payload = statement.to_payload()
    return Envelope(payload, (Signature(key_id(signer.public_key), signer.sign(signed_bytes(TYPE, payload))),))


def check_signed_for(envelope: Envelope, statement: Statement) -> None:
    """Compare a signature that lay beside an archive with what is going to be uploaded; its time may be any.

    Raises:
        Refused: `signature_invalid` or `signature_mismatch`.
    """
    signed = Statement.from_payload(envelope.payload)
    for what in ("widget", "version", "archive_sha256"):
        said, there = getattr(signed, what), getattr(statement, what)
        if said != there:
            raise Refused(
                "signature_mismatch",
                f"The signature beside the archive is for {what} {quoted(said)}, but {quoted(there)} was packed.",
                "Give no option that changes what is packed, or sign it again: --sign KEY.",
            )
