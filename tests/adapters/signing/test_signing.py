"""Keys in files, as OpenSSL writes them, and in KMS, as moto has it."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from edgeship.adapters.signing.key_files import KeyFileSigner, read_public_key
from edgeship.adapters.signing.kms import KmsSigner
from edgeship.adapters.signing.verifying import algorithm_of, verify
from edgeship.application.provenance.ports import Signer
from edgeship.domain.errors import Refused
from edgeship.domain.provenance.identity import Identity
from tests.support.signing import CI

ED25519, P256 = ("-algorithm", "ed25519"), ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")


def made(folder: Path, *how: str) -> tuple[Path, Path]:
    private, public = folder / "key.pem", folder / "key.pub"
    for words in (
        ("genpkey", *how, "-out", str(private)),
        ("pkey", "-in", str(private), "-pubout", "-out", str(public)),
    ):
        subprocess.run(["openssl", *words], check=True, capture_output=True)
    return private, public


def held_to(signer: Signer, algorithm: str) -> None:
    """It signs, and its public key verifies exactly that."""
    assert algorithm_of(signer.public_key) == algorithm
    identity = Identity.of_key("ci", algorithm_of(signer.public_key), signer.public_key, ("*",), None, 60)
    signature = signer.sign(b"message")
    assert verify(identity, b"message", signature)
    assert not verify(identity, b"massage", signature)
    assert not verify(identity, b"message", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not verify(identity, b"message", b"")
    other = Identity.of_key("ci", "ed25519", CI.public_der, ("*",), None, 60)
    assert not verify(other, b"message", signature)


@pytest.mark.parametrize(("how", "algorithm"), [(ED25519, "ed25519"), (P256, "ecdsa-p256-sha256")])
def test_a_key_of_openssl(how: tuple[str, ...], algorithm: str, tmp_path: Path) -> None:
    private, public = made(tmp_path, *how)
    signer = KeyFileSigner.read(private)
    held_to(signer, algorithm)
    assert read_public_key(public) == signer.public_key


@pytest.mark.parametrize(
    "content", [b"", b"\xff" * 99, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_what_is_no_key(content: bytes, tmp_path: Path) -> None:
    location = tmp_path / "key.pem"
    location.write_bytes(content)
    for read in (KeyFileSigner.read, read_public_key):
        with pytest.raises(Refused) as refused:
            read(location)
        assert refused.value.code == "key_invalid"
    with pytest.raises(Refused, match="can't be read"):
        KeyFileSigner.read(tmp_path / "none")


def test_keys_that_are_not_verified_by(tmp_path: Path) -> None:
    private, public = made(tmp_path, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
    with pytest.raises(Refused, match="P-256"):
        KeyFileSigner.read(private)
    with pytest.raises(Refused, match="P-256"):
        algorithm_of(read_public_key(public))
    with pytest.raises(Refused, match="P-256"):
        algorithm_of(b"nonsense")


def test_a_private_key_is_not_taken_for_a_public_one(tmp_path: Path) -> None:
    private, _ = made(tmp_path, *ED25519)
    with pytest.raises(Refused, match="holds a private key") as refused:
        read_public_key(private)
    assert private.read_text().splitlines()[1] not in str(refused.value)


def test_a_key_of_kms() -> None:
    with mock_aws():
        client = boto3.client("kms", region_name="eu-west-1")
        key = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        signer = KmsSigner(client, key["Arn"])
        held_to(signer, "ecdsa-p256-sha256")
        assert signer.public_key == client.get_public_key(KeyId=key["Arn"])["PublicKey"]
        large = client.create_key(KeySpec="ECC_NIST_P384", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
        with pytest.raises(Refused) as refused:
            KmsSigner(client, large["Arn"]).sign(b"x")
        assert refused.value.code == "key_invalid"


def test_the_vector_of_rfc_8032() -> None:
    """Section 7.1, test 1."""
    public = bytes.fromhex("302a300506032b6570032100d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    signature = bytes.fromhex(
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    identity = Identity("rfc", "ed25519", base64.b64encode(public).decode(), ("*",))
    assert verify(identity, b"", signature)
