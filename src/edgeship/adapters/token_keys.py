"""The master keys of tokens, in one secret of Secrets Manager, behind the `TokenKeys` port.

GetSecretValue: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html. A new value gets
the label AWSCURRENT, and the one before it AWSPREVIOUS.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from edgeship.application.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

KEPT_FOR = timedelta(minutes=5)
AGAIN_AFTER = timedelta(seconds=10)
"""The least time between two reads after a fault."""


class TokenKeysUnavailable(Exception):
    """The keys could not be read; the message has AWS's error code, and nothing of a key."""


class SecretTokenKeys:
    """Keeps what it reads for `KEPT_FOR`; after a fault, what it read last."""

    def __init__(self, client: SecretsManagerClient, secret: str, clock: Clock) -> None:
        self._client = client
        self._secret = secret
        self._clock = clock
        self._keys: tuple[str, ...] = ()
        self._next: datetime | None = None
        self._fault = "not read yet"

    def read(self) -> tuple[str, ...]:
        """
        Raises:
            TokenKeysUnavailable: none has ever been read.
        """
        now = self._clock()
        if self._next is None or now >= self._next:
            try:
                current = self._stage("AWSCURRENT")
                self._keys = tuple(filter(None, (current, self._previous())))
                self._next = now + KEPT_FOR
            except ClientError as error:
                self._fault, self._next = error.response["Error"]["Code"], now + AGAIN_AFTER
        if not self._keys:
            raise TokenKeysUnavailable(f"the key of tokens could not be read: {self._fault}")
        return self._keys

    def _stage(self, stage: str) -> str:
        return self._client.get_secret_value(SecretId=self._secret, VersionStage=stage)["SecretString"]

    def _previous(self) -> str | None:
        try:
            return self._stage("AWSPREVIOUS")
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return None
            raise
