"""Secrets by reference, from Parameter Store and Secrets Manager, read and kept by Powertools.

GetParameter: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html
GetSecretValue: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider, SSMProvider
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

PARAMETER = "ssm:"
SECRET = "secretsmanager:"  # noqa: S105  the kind of a reference
KEPT_SECONDS: Final = 300


class SecretUnavailable(Exception):
    """A secret could not be read. `reason` is AWS's error code or a few words; it never holds the secret."""

    def __init__(self, reference: str, reason: str) -> None:
        super().__init__(f"{reference}: {reason}")
        self.reference = reference
        self.reason = reason


class Secrets:
    """Reads `ssm:<parameter's name>` and `secretsmanager:<secret's name>`; keeps each in memory for `KEPT_SECONDS`.

    White space around a secret is left out: a file that it was put from ends with a line break.
    """

    def __init__(self, ssm: SSMClient, secretsmanager: SecretsManagerClient) -> None:
        self._parameters = SSMProvider(boto3_client=ssm)
        self._secrets = SecretsProvider(boto3_client=secretsmanager)

    def read(self, reference: str) -> str:
        """The secret behind a reference.

        Raises:
            SecretUnavailable: there is none, it is not text, it may not be read, or AWS doesn't answer.
        """
        try:
            found = self._fetch(reference)
        except GetParameterError as error:
            # Powertools' message is AWS's whole; what it was made from tells the code.
            fault = error.__context__
            code = fault.response["Error"]["Code"] if isinstance(fault, ClientError) else type(fault).__name__
            raise SecretUnavailable(reference, code) from error
        secret = found.strip() if isinstance(found, str) else ""
        if not secret:
            self._parameters.clear_cache()  # type: ignore[no-untyped-call]  # Powertools gives it no types
            self._secrets.clear_cache()  # type: ignore[no-untyped-call]
            raise SecretUnavailable(reference, "it is not text, or empty")
        return secret

    def _fetch(self, reference: str) -> object:
        if reference.startswith(PARAMETER):
            return self._parameters.get(reference.removeprefix(PARAMETER), max_age=KEPT_SECONDS, decrypt=True)
        if reference.startswith(SECRET):
            return self._secrets.get(reference.removeprefix(SECRET), max_age=KEPT_SECONDS)
        raise SecretUnavailable(reference, f"a reference begins with {PARAMETER} or {SECRET}")
