"""Composes what signs an archive on this machine, and reads the public keys of identities."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3

from edgeship.adapters.signing.key_files import KeyFileSigner, read_public_key
from edgeship.adapters.signing.kms import KmsSigner
from edgeship.adapters.signing.verifying import algorithm_of
from edgeship.application.provenance.ports import Signer
from edgeship.application.provenance.sign_artifact import check_signed_for, sign_artifact
from edgeship.application.releases.pack_bundle import Packed
from edgeship.bootstrap.runtime import operator_config, utc_now
from edgeship.domain.provenance.envelope import Envelope
from edgeship.domain.provenance.identity import Identity
from edgeship.domain.provenance.statement import Statement

KMS = "kms:"
_REGION_OF_ARN = 3


def signing(key: str) -> Callable[[Packed], Envelope]:
    """What signs a packed archive, now, with a key: `kms:ARN`, or the path of a PEM file.

    Raises:
        Refused: `key_invalid`.
    """
    signer: Signer = _kms(key.removeprefix(KMS)) if key.startswith(KMS) else KeyFileSigner.read(Path(key))
    return lambda packed: sign_artifact(_statement(packed), signer)


def signed_before(envelope: Envelope) -> Callable[[Packed], Envelope]:
    """What gives the signature that an archive has already, after it is compared with what was packed.

    Raises, when it is called:
        Refused: `signature_invalid` or `signature_mismatch`.
    """

    def compared(packed: Packed) -> Envelope:
        check_signed_for(envelope, _statement(packed))
        return envelope

    return compared


def read_identity(
    name: str, public_key: Path | None, kms_key: str | None, widgets: tuple[str, ...], validity: int
) -> Identity:
    """An identity of a PEM file, or of a key in KMS.

    Raises:
        Refused: `key_invalid` or `identity_invalid`.
    """
    if public_key is not None:
        arn, content = None, read_public_key(public_key)
    else:
        signer = _kms(kms_key or "")
        arn, content = signer.arn, signer.public_key
    return Identity.of_key(name, algorithm_of(content), content, widgets, arn, validity)


def _statement(packed: Packed) -> Statement:
    key, manifest = packed.key, packed.manifest
    return Statement(key.widget, str(key.version), packed.archive_sha256, manifest.git_commit, utc_now())


def _kms(key: str) -> KmsSigner:
    parts = key.split(":")
    region = parts[_REGION_OF_ARN] if key.startswith("arn:") and len(parts) > _REGION_OF_ARN else None
    return KmsSigner(boto3.Session(region_name=region).client("kms", config=operator_config()), key)
