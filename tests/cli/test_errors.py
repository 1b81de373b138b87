from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ParamValidationError

from edgeship.cli.errors import ExitCode, explain
from edgeship.domain.errors import Conflict, Refused
from edgeship.domain.plain_text import when


def answered(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "because"}}, "GetItem")


@pytest.mark.parametrize(
    ("error", "exit_code", "code"),
    [
        (Refused("no_good_version", "No.", "Do this."), 1, "no_good_version"),
        (Conflict("lost"), 3, "conflict"),
        (TimeoutError("not served within 60 s"), 3, "timeout"),
        (FileNotFoundError(2, "No such file", "x"), 3, "system"),
        (ConnectionRefusedError(111, "refused"), 3, "system"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (answered("AccessDeniedException"), 3, "access_denied"),
        (answered("AccessDenied"), 3, "access_denied"),
        (answered("ExpiredTokenException"), 3, "credentials"),
        (answered("InvalidClientTokenId"), 3, "credentials"),
        (answered("NoSuchBucket"), 3, "environment_missing"),
        (answered("InternalError"), 3, "aws"),
        (NoCredentialsError(), 3, "credentials"),
        (ConnectTimeoutError(endpoint_url="https://sts.amazonaws.com"), 3, "unreachable"),
        (ParamValidationError(report="bad"), 3, "aws"),
    ],
)
def test_an_expected_error_has_an_exit_code_a_reason_and_a_remedy(
    error: BaseException, exit_code: int, code: str
) -> None:
    failure = explain(error)
    assert failure is not None
    assert (failure.exit_code, failure.code) == (exit_code, code)
    assert failure.reason.endswith(".")
    assert failure.remedy.endswith(".")


@pytest.mark.parametrize("defect", [KeyError("x"), AssertionError(), RuntimeError("?"), TypeError()])
def test_a_defect_is_not_explained_away(defect: BaseException) -> None:
    assert explain(defect) is None


def test_help_starts_without_the_heavy_libraries() -> None:
    heavy = "boto3 botocore pydantic rich aiohttp ministack aws_cdk"
    script = f"""
import sys
from edgeship.cli.main import main
assert main(["--help"]) == {ExitCode.DONE}
sys.exit(",".join(m for m in "{heavy}".split() if m in sys.modules) or 0)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_times_for_people() -> None:
    assert when("2026-11-23T12:00:00.123+02:00") == "2026-11-23 10:00:00"
    assert when(None) == "-"
