"""Secrets by reference, from Parameter Store and Secrets Manager.

GetParameter: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
GetSecretValue: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

PARAMETER = "ssm:"
SECRET = "secretsmanager:"  # noqa: S105  the kind of a reference


class SecretUnavailable(Exception):
    """A secret could not be read. `reason` is AWS's error code or a few words; it never holds the secret."""

    def __init__(self, reference: str, reason: str) -> None:
        super().__init__(f"{reference}: {reason}")
        self.reference = reference
        self.reason = reason


class Secrets:
    """Reads `ssm:<parameter's name>` and `secretsmanager:<secret's name>`; keeps each in memory for `keep`.

    White space around a secret is left out: a file that it was put from ends with a line break.
    """

    def __init__(
        self,
        ssm: SSMClient,
        secretsmanager: SecretsManagerClient,
        clock: Callable[[], datetime],
        keep: timedelta = timedelta(minutes=5),
    ) -> None:
        self._ssm = ssm
        self._secretsmanager = secretsmanager
        self._clock = clock
        self._keep = keep
        self._read: dict[str, tuple[str, datetime]] = {}

    def read(self, reference: str) -> str:
        """The secret behind a reference.

        Raises:
            SecretUnavailable: there is none, it is not text, it may not be read, or AWS doesn't answer.
        """
        now = self._clock()
        kept = self._read.get(reference)
        if kept and now - kept[1] < self._keep:
            return kept[0]
        try:
            secret = self._fetch(reference).strip()
        except ClientError as error:
            raise SecretUnavailable(reference, error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise SecretUnavailable(reference, type(error).__name__) from error
        if not secret:
            raise SecretUnavailable(reference, "it is not text, or empty")
        self._read[reference] = (secret, now)
        return secret

    def _fetch(self, reference: str) -> str:
        if reference.startswith(PARAMETER):
            answer = self._ssm.get_parameter(Name=reference.removeprefix(PARAMETER), WithDecryption=True)
            return answer["Parameter"].get("Value", "")
        if reference.startswith(SECRET):
            found = self._secretsmanager.get_secret_value(SecretId=reference.removeprefix(SECRET))
            return found.get("SecretString", "")
        raise SecretUnavailable(reference, f"a reference begins with {PARAMETER} or {SECRET}")
