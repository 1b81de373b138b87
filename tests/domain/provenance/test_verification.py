"""Whose signature counts for which upload, and why another does not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.adapters.signing.verifying import verify
from edgeship.domain.errors import Refused
from edgeship.domain.events import timestamp
from edgeship.domain.provenance.envelope import Envelope, Signature, signed_bytes
from edgeship.domain.provenance.identity import IdentitiesRecord
from edgeship.domain.provenance.signed import NewestStatement, Signed
from edgeship.domain.provenance.statement import Statement
from edgeship.domain.provenance.verification import SignedUpload, refuse_overtaken, refuse_replayed, verified
from edgeship.domain.version import Version
from tests.support.signing import CI, OTHER, Key

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)
SHA256 = hashlib.sha256(b"archive").hexdigest()
STATEMENT = Statement("checkout", "1.4.2", SHA256, "abcdef1", AT)
WHO = IdentitiesRecord((CI.identity("ci", "checkout"), OTHER.identity("chat-ci", "chat", "pay-*")))
UPLOAD = SignedUpload("id", "checkout", Version.parse("1.4.2"), SHA256, CI.sign(STATEMENT).carried, AT + SECOND)


def signed(statement: Statement = STATEMENT, key: Key = CI) -> SignedUpload:
    return replace(UPLOAD, carried=key.sign(statement).carried)


def code(upload: SignedUpload, record: IdentitiesRecord = WHO, *, required: bool = False) -> str:
    with pytest.raises(Refused) as refused:
        verified(upload, record, verify, required=required)
    assert refused.value.reason
    assert refused.value.remedy
    return refused.value.code


def test_an_identity_publishes_its_widget() -> None:
    found = verified(UPLOAD, WHO, verify, required=False)
    assert found == (STATEMENT, Signed("ci", WHO.identities[0].key_id, "2026-11-23T10:00:00.000Z", "id"))


def test_a_widget_without_an_identity_takes_what_comes_unless_all_must_be_signed() -> None:
    plain = replace(UPLOAD, widget="search", carried=None)
    assert verified(plain, WHO, verify, required=False) is None
    assert verified(replace(plain, carried="nonsense"), WHO, verify, required=False) is None
    assert code(plain, required=True) == "unsigned"
    assert code(replace(plain, widget="pay-later")) == "unsigned"


@pytest.mark.parametrize(
    ("upload", "expected"),
    [
        (replace(UPLOAD, carried=None), "unsigned"),
        (replace(UPLOAD, carried=""), "signature_invalid"),
        (replace(UPLOAD, carried="e30"), "signature_invalid"),
        (signed(key=Key(3)), "signer_unknown"),
        (signed(key=OTHER), "signer_not_allowed"),
        (replace(UPLOAD, archive_sha256="0" * 64), "signature_mismatch"),
        (replace(UPLOAD, version=Version.parse("1.4.3")), "signature_mismatch"),
        (signed(replace(STATEMENT, widget="chat")), "signature_mismatch"),
        (replace(UPLOAD, uploaded_at=AT + DAY + SECOND), "signature_expired"),
        (replace(UPLOAD, uploaded_at=AT - timedelta(minutes=6)), "signature_expired"),
        (signed(replace(STATEMENT, signed_at=datetime.max.replace(tzinfo=UTC))), "signature_expired"),
        (signed(replace(STATEMENT, signed_at=datetime.min.replace(tzinfo=UTC))), "signature_expired"),
    ],
)
def test_another_signature_is_refused_with_its_reason(upload: SignedUpload, expected: str) -> None:
    assert code(upload) == expected


@pytest.mark.parametrize("uploaded_at", [AT + DAY, AT - timedelta(minutes=5)])
def test_the_last_moment_counts(uploaded_at: datetime) -> None:
    assert verified(replace(UPLOAD, uploaded_at=uploaded_at), WHO, verify, required=False)


def test_a_key_is_not_named_by_another() -> None:
    """The envelope names the key of the identity, and another key signed it."""
    ours, theirs = CI.sign(STATEMENT), OTHER.sign(STATEMENT)
    mixed = Envelope(ours.payload, (Signature(ours.signatures[0].key_id, theirs.signatures[0].signature),))
    assert code(replace(UPLOAD, carried=mixed.carried)) == "signature_invalid"


def test_a_payload_means_nothing_under_another_type() -> None:
    payload = STATEMENT.to_payload()
    key_id = CI.sign(STATEMENT).signatures[0].key_id
    for message in (payload, signed_bytes("text/plain", payload)):
        envelope = Envelope(payload, (Signature(key_id, CI.private.sign(message)),))
        assert code(replace(UPLOAD, carried=envelope.carried)) == "signature_invalid"


def test_signed_nonsense_is_no_statement() -> None:
    at = timestamp(AT).encode()
    times = (b"0001-01-01T00:00:00+14:00", b"9999-12-31T23:59:59-14:00", b"2026-11-23T10:00:00", b"soon")
    dated = [STATEMENT.to_payload().replace(at, other) for other in times]
    for payload in (b"", b"{}", b"\xff", b"[]", STATEMENT.to_payload().replace(b"urn:", b"usn:"), *dated):
        key_id = CI.sign(STATEMENT).signatures[0].key_id
        signature = CI.private.sign(signed_bytes("application/vnd.in-toto+json", payload))
        assert code(replace(UPLOAD, carried=Envelope(payload, (Signature(key_id, signature),)).carried)) == (
            "signature_invalid"
        )


@given(data=st.data())
def test_a_changed_byte_is_refused(data: st.DataObject) -> None:
    envelope = CI.sign(STATEMENT)
    signature = envelope.signatures[0].signature
    which, bit = data.draw(st.sampled_from(["payload", "signature"])), data.draw(st.integers(0, 7))
    changed = bytearray(envelope.payload if which == "payload" else signature)
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << bit
    payload, signature = (bytes(changed), signature) if which == "payload" else (envelope.payload, bytes(changed))
    tampered = Envelope(payload, (Signature(envelope.signatures[0].key_id, signature),))
    assert code(replace(UPLOAD, carried=tampered.carried)) == "signature_invalid"


REGISTERED = Signed("ci", "key", timestamp(AT), "first")


@pytest.mark.parametrize(
    ("upload_id", "signed_at", "refused"),
    [
        ("first", AT, False),  # the same event, delivered again
        ("second", AT, True),  # the same statement, put again
        ("second", AT - SECOND, True),
        ("second", AT + SECOND, False),  # built and signed again: the same bytes change nothing
    ],
)
def test_a_statement_counts_once(upload_id: str, signed_at: datetime, refused: bool) -> None:
    upload, now = replace(UPLOAD, upload_id=upload_id), replace(REGISTERED, signed_at=timestamp(signed_at))
    refuse_replayed(upload, now, None)
    if not refused:
        refuse_replayed(upload, now, REGISTERED)
        return
    with pytest.raises(Refused) as found:
        refuse_replayed(upload, now, REGISTERED)
    assert found.value.code == "signature_replayed"


@pytest.mark.parametrize(
    ("version", "signed_at", "refused"),
    [
        ("1.4.1", AT - HOUR - SECOND, True),
        ("1.4.1", AT - HOUR, False),  # two pipelines, in any order
        ("1.4.1", AT + DAY, False),  # a fix of an older line
        ("1.4.3", AT - 30 * DAY, False),  # it waited for its approval
    ],
)
def test_an_older_archive_that_was_never_published_is_a_replay(
    version: str, signed_at: datetime, refused: bool
) -> None:
    newest = NewestStatement("checkout", "1.4.2", timestamp(AT))
    upload, now = replace(UPLOAD, version=Version.parse(version)), replace(REGISTERED, signed_at=timestamp(signed_at))
    refuse_overtaken(upload, now, NewestStatement("checkout"))
    if not refused:
        refuse_overtaken(upload, now, newest)
        return
    with pytest.raises(Refused) as found:
        refuse_overtaken(upload, now, newest)
    assert found.value.code == "signature_replayed"


def test_the_newest_statement_stays_the_newest() -> None:
    first = NewestStatement("checkout").with_statement("1.4.2", REGISTERED)
    assert first == NewestStatement("checkout", "1.4.2", timestamp(AT))
    assert first.with_statement("1.4.1", replace(REGISTERED, signed_at=timestamp(AT - SECOND))) is None
    later = replace(REGISTERED, signed_at=timestamp(AT + SECOND))
    assert first.with_statement("1.3.9", later) == replace(first, version="1.3.9", signed_at=later.signed_at)
