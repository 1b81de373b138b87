"""Whether an upload's signature counts, and why not.

In this order, so that nothing is read that an identity did not sign:

- a widget with an identity, or an environment that requires signatures, takes no unsigned upload
- one of the envelope's keys is an identity's, and the signature is that key's
- the identity may publish the widget
- the statement names these bytes, this widget and this version
- it is not older than its identity allows, nor from the future
- it was not used before, and is not that of an older release

What is left of replays after a version is bound to its bytes (docs/adr/0004): the same statement put once more, which
changes nothing, but somebody did it; and an archive that was signed, never registered, and overtaken since. Archives
arrive in any order, so a lower version counts for an hour after a newer statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.plain_text import quoted
from edgeship.domain.provenance.envelope import Envelope, invalid_signature
from edgeship.domain.provenance.identity import IdentitiesRecord, Identity
from edgeship.domain.provenance.signed import NewestStatement, Signed
from edgeship.domain.provenance.statement import Statement
from edgeship.domain.version import Version

CLOCKS_APART: Final = timedelta(minutes=5)
"""By how much the clock of the machine that signs may be ahead of S3's."""
ANY_ORDER: Final = timedelta(hours=1)
"""For how long after a newer statement a lower version may still arrive."""

Verify = Callable[[Identity, bytes, bytes], bool]
"""Whether the identity's key signed a message: the message, then the signature."""


@dataclass(frozen=True)
class SignedUpload:
    """An upload as its signature is compared with it. `carried` is the signature, None without one; `uploaded_at` is
    S3's."""

    upload_id: str
    widget: str
    version: Version
    archive_sha256: str
    carried: str | None
    uploaded_at: datetime


def verified(
    upload: SignedUpload, identities: IdentitiesRecord, verify: Verify, *, required: bool
) -> tuple[Statement, Signed] | None:
    """The statement of an upload, and by whom it was signed; None for a widget that takes unsigned uploads.

    Raises:
        Refused: `unsigned`, `signature_invalid`, `signer_unknown`, `signer_not_allowed`, `signature_mismatch` or
        `signature_expired`.
    """
    if not (required or identities.of_widget(upload.widget)):
        return None
    if upload.carried is None:
        raise Refused(
            "unsigned",
            f"The archive is not signed, and {upload.widget} takes signed archives alone.",
            "Publish it with edgeship publish --sign KEY; edgeship identity list says whose key.",
        )
    envelope = Envelope.from_carried(upload.carried)
    identity = _signer(envelope, identities, verify)
    if not identity.may_publish(upload.widget):
        raise Refused(
            "signer_not_allowed",
            f"Identity {identity.name} signed the archive, and may not publish {upload.widget}.",
            f"It may publish {', '.join(identity.widgets)}. Sign with another key, or change who may publish what: "
            "edgeship identity add.",
        )
    statement = Statement.from_payload(envelope.payload)
    _compare(statement, upload)
    _check_age(statement, identity, upload.uploaded_at)
    return statement, Signed(identity.name, identity.key_id, timestamp(statement.signed_at), upload.upload_id)


def refuse_replayed(upload: SignedUpload, signed: Signed, registered: Signed | None) -> None:
    """For a version that is registered, by a signature: each statement counts once.

    Raises:
        Refused: `signature_replayed`.
    """
    if registered is None or upload.upload_id == registered.upload_id:
        return
    if signed.signed_at <= registered.signed_at:
        raise Refused(
            "signature_replayed",
            f"{upload.widget} {upload.version} is registered by a statement of {registered.signed_at}, and this one "
            f"is of {signed.signed_at}: a statement counts once.",
            "Nothing changed, and nothing needs to be done. If it was not you, find out who has the archive.",
        )


def refuse_overtaken(upload: SignedUpload, signed: Signed, newest: NewestStatement) -> None:
    """For a version that is not registered: an older archive, signed and never published, is a replay.

    Raises:
        Refused: `signature_replayed`.
    """
    if newest.version is None or newest.signed_at is None or upload.version >= Version.parse(newest.version):
        return
    if datetime.fromisoformat(signed.signed_at) + ANY_ORDER < datetime.fromisoformat(newest.signed_at):
        raise Refused(
            "signature_replayed",
            f"The archive was signed at {signed.signed_at}, and {upload.widget} has {newest.version}, which was signed "
            f"at {newest.signed_at}: an older archive counts for {ANY_ORDER.seconds // 3600} hour after that.",
            "If it is meant, sign it again: edgeship publish --sign KEY.",
        )


def _signer(envelope: Envelope, identities: IdentitiesRecord, verify: Verify) -> Identity:
    known = [(each, found) for each in envelope.signatures if (found := identities.with_key(each.key_id)) is not None]
    if not known:
        keys = ", ".join(quoted(each.key_id[:16]) for each in envelope.signatures)
        raise Refused(
            "signer_unknown",
            f"The archive is signed by a key that no identity has: {keys}….",
            "Sign with the key of an identity (edgeship identity list), or add one: edgeship identity add.",
        )
    for each, identity in known:
        if verify(identity, envelope.signed_bytes, each.signature):
            return identity
    raise invalid_signature(f"It names the key of {known[0][1].name}, which did not sign this.")


def _compare(statement: Statement, upload: SignedUpload) -> None:
    for what, said, there in (
        ("widget", statement.widget, upload.widget),
        ("version", statement.version, str(upload.version)),
        ("SHA-256", statement.archive_sha256, upload.archive_sha256),
    ):
        if said != there:
            raise Refused(
                "signature_mismatch",
                f"The signature is for the {what} {quoted(said)}, but the archive has {quoted(there)}.",
                "Sign the archive that you upload: edgeship publish --sign KEY.",
            )


def _check_age(statement: Statement, identity: Identity, uploaded_at: datetime) -> None:
    signed_at, validity = statement.signed_at, timedelta(seconds=identity.validity_seconds)
    if uploaded_at - signed_at > validity:
        raise Refused(
            "signature_expired",
            f"The archive was signed at {timestamp(signed_at)}, and uploaded at {timestamp(uploaded_at)}: a statement "
            f"of {identity.name} is good for {validity.total_seconds() / 3600:g} hours.",
            "Sign it again: edgeship publish --sign KEY.",
        )
    if signed_at - uploaded_at > CLOCKS_APART:
        raise Refused(
            "signature_expired",
            f"The archive says that it was signed at {timestamp(signed_at)}, after it was uploaded "
            f"({timestamp(uploaded_at)}).",
            "Set the clock of the machine that signs, and sign it again.",
        )
