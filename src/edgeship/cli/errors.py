"""A command's failures: an exit code, and a message that says what failed, where, and what to do.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | refused by a rule; nothing changed |
| 2 | usage |
| 3 | AWS, the network or the local cloud failed |
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from edgeship.cli.denials import CODES, denied
from edgeship.domain.errors import Conflict, Refused

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class ExitCode(IntEnum):
    DONE = 0
    REFUSED = 1
    USAGE = 2
    TROUBLE = 3
    INTERRUPTED = 130


@dataclass(frozen=True)
class Failure:
    """`code` is stable, for programs; `reason` says what failed and where; `remedy` says what to do."""

    exit_code: ExitCode
    code: str
    reason: str
    remedy: str

    def to_dict(self) -> dict[str, Any]:
        """The document printed under `--json`."""
        return {"error": {"code": self.code, "reason": self.reason, "remedy": self.remedy}}


class Usage(Exception):
    """The command line is not valid."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


class Trouble(Exception):
    """AWS, the network, the local cloud or the machine failed."""

    def __init__(self, code: str, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.remedy = remedy


def explain(error: BaseException) -> Failure | None:
    """The failure of an expected error; None for an unexpected error, which is a bug in edgeship."""
    match error:
        case Refused():
            return Failure(ExitCode.REFUSED, error.code, error.reason, error.remedy)
        case Usage():
            return Failure(ExitCode.USAGE, "usage", error.reason, error.remedy)
        case Trouble():
            return Failure(ExitCode.TROUBLE, error.code, error.reason, error.remedy)
        case Conflict():
            return Failure(
                ExitCode.TROUBLE,
                "conflict",
                "The same record was changed again and again by other writers; nothing was written.",
                "Check edgeship status, then run the command again.",
            )
        case TimeoutError():
            return Failure(ExitCode.TROUBLE, "timeout", sentence(error), "Run edgeship status in a while.")
        case KeyboardInterrupt():
            return Failure(ExitCode.INTERRUPTED, "interrupted", "Interrupted.", _CONTINUE)
    return _of_aws(error) or _of_the_system(error)


def _of_the_system(error: BaseException) -> Failure | None:
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return Failure(
            ExitCode.TROUBLE,
            "system",
            sentence(f"{where}{error.strerror or error}"),
            "Check the file, or the network, that it names, then run the command again.",
        )
    return None


def _of_aws(error: BaseException) -> Failure | None:
    # There is no error of botocore before botocore is loaded, and this lookup does not load it.
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return None
    if isinstance(error, exceptions.ClientError):
        return _of_an_answer(error)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.ProfileNotFound | exceptions.TokenRetrievalError):
        return Failure(ExitCode.TROUBLE, "credentials", sentence(error), _SIGN_IN)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return Failure(
            ExitCode.TROUBLE, "unreachable", sentence(error), "Check the network and any proxy, then run it again."
        )
    if isinstance(error, exceptions.BotoCoreError):
        return Failure(ExitCode.TROUBLE, "aws", sentence(error), "Check the AWS configuration, then run it again.")
    return None


_CONTINUE = "See edgeship status, then run the command again: a large upload goes on where it ended."
_SIGN_IN = "Set AWS_PROFILE or sign in (aws sso login), then run it again."
_SIGNED_OUT = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_MISSING = frozenset({"NoSuchBucket", "ResourceNotFoundException"})


def _of_an_answer(error: ClientError) -> Failure:
    code = error.response["Error"].get("Code", "unknown")
    reason = sentence(error)
    if code in _SIGNED_OUT:
        return Failure(ExitCode.TROUBLE, "credentials", reason, _SIGN_IN)
    if code in CODES:
        return Failure(ExitCode.TROUBLE, "access_denied", *map(sentence, denied(error)))
    if code in _MISSING:
        return Failure(
            ExitCode.TROUBLE,
            "environment_missing",
            reason,
            "Check --env and the AWS account, or deploy the environment: edgeship deploy --env NAME.",
        )
    return Failure(ExitCode.TROUBLE, "aws", reason, "Run it again; if it stays, AWS documents the error code.")


def sentence(text: object) -> str:
    """The text with a full stop at its end."""
    stripped = str(text).strip()
    return stripped if stripped.endswith((".", "!", "?")) else f"{stripped}."
