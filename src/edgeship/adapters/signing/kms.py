"""Keys in KMS: the private key never leaves it.

Source: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Final

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted

if TYPE_CHECKING:
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_kms.literals import SigningAlgorithmSpecType
    from mypy_boto3_kms.type_defs import GetPublicKeyResponseTypeDef

_ALGORITHMS: Final[tuple[SigningAlgorithmSpecType, ...]] = ("ECDSA_SHA_256", "ED25519_SHA_512")
_SPECS: Final = ("ECC_NIST_P256", "ECC_NIST_EDWARDS25519")


class KmsSigner:
    """The `Signer` port, by an asymmetric key of KMS. `key` is its ARN; signing needs `kms:GetPublicKey` and `kms:Sign`
    on it. KMS signs at most 4,096 bytes, more than a statement has."""

    def __init__(self, client: KMSClient, key: str) -> None:
        self._client = client
        self._key = key

    @property
    def public_key(self) -> bytes:
        return self._described["PublicKey"]

    @property
    def arn(self) -> str:
        """The ARN of the key, also where an alias was given."""
        named = self._described["KeyId"]
        return named if named.startswith("arn:") else self._key

    def sign(self, message: bytes) -> bytes:
        algorithm = next(each for each in _ALGORITHMS if each in self._described["SigningAlgorithms"])
        answer = self._client.sign(KeyId=self._key, Message=message, MessageType="RAW", SigningAlgorithm=algorithm)
        return answer["Signature"]

    @cached_property
    def _described(self) -> GetPublicKeyResponseTypeDef:
        described = self._client.get_public_key(KeyId=self._key)
        offered = described.get("SigningAlgorithms", ())
        if not any(algorithm in offered for algorithm in _ALGORITHMS):
            raise Refused(
                "key_invalid",
                f"The key {quoted(self._key)} of KMS signs by {', '.join(offered) or 'no algorithm'}.",
                f"Make one for SIGN_VERIFY with the spec {' or '.join(_SPECS)}.",
            )
        return described
