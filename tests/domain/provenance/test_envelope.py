"""DSSE: against the vector of its specification, and against an implementation that no one here wrote."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import CryptoSigner, SSlibKey

from edgeship.domain.errors import Refused
from edgeship.domain.provenance.envelope import MAX_CARRIED, PAYLOAD_TYPE, Envelope, Signature, signed_bytes
from edgeship.domain.provenance.statement import Statement
from tests.support.signing import CI

LONGEST = Statement("w" * 63, "1" * 64, "a" * 64, "c" * 64, datetime(2026, 11, 23, tzinfo=UTC))


def test_what_is_signed_is_the_vector_of_the_specification() -> None:
    """https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md#test-vectors"""
    assert signed_bytes("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )


def test_securesystemslib_verifies_what_we_sign() -> None:
    envelope = CI.sign(LONGEST)
    key = SSlibKey.from_crypto(CI.private.public_key(), keyid=envelope.signatures[0].key_id)
    theirs = TheirEnvelope.from_dict(json.loads(envelope.to_json()))
    assert theirs.verify([key], 1).keys() == {key.keyid}
    assert theirs.payload == LONGEST.to_payload()


def test_we_read_what_securesystemslib_signs() -> None:
    signer = CryptoSigner(Ed25519PrivateKey.generate())
    theirs = TheirEnvelope(LONGEST.to_payload(), PAYLOAD_TYPE, {})
    theirs.sign(signer)
    ours = Envelope.from_json(json.dumps(theirs.to_dict()))
    assert (ours.payload, ours.signed_bytes) == (theirs.payload, theirs.pae())
    assert [each.key_id for each in ours.signatures] == [signer.public_key.keyid]


@given(payload=st.binary(max_size=300), signature=st.binary(max_size=80), key=st.text("0123456789abcdef", max_size=64))
def test_what_is_carried_is_read_again(payload: bytes, signature: bytes, key: str) -> None:
    envelope = Envelope(payload, (Signature(key, signature),))
    assert Envelope.from_carried(envelope.carried) == envelope
    assert Envelope.from_json(envelope.to_json()) == envelope


def test_the_longest_statement_fits_into_the_metadata_of_an_object() -> None:
    assert len(CI.sign(LONGEST).carried) + len("edgeship-signature") < MAX_CARRIED <= 2048 - len("edgeship-signature")


GOOD = json.loads(Envelope(b"{}", (Signature("ab", b"x"),)).to_json())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        "{" * 500,
        json.dumps({**GOOD, "payloadType": "text/plain"}),
        json.dumps({**GOOD, "payload": "?"}),
        json.dumps({**GOOD, "payload": 1}),
        json.dumps({**GOOD, "signatures": []}),
        json.dumps({**GOOD, "signatures": GOOD["signatures"] * 5}),
        json.dumps({**GOOD, "signatures": {"0": 1}}),
        json.dumps({**GOOD, "signatures": [{"sig": "eA=="}]}),
        json.dumps({**GOOD, "signatures": [{"keyid": None, "sig": "eA=="}]}),
        json.dumps(GOOD)[:-1] + ', "payload": "e30="}',
    ],
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Envelope.from_json(text)
    assert refused.value.code == "signature_invalid"


@given(st.text(max_size=2_100))
def test_nothing_that_is_carried_does_more_than_to_be_refused(text: str) -> None:
    with pytest.raises(Refused) as refused:
        Envelope.from_carried(text)
    assert refused.value.code == "signature_invalid"
