"""Whose credentials there are, and AWS's time, which is in every answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from edgeship.adapters.caller import StsCallers
from edgeship.application.doctor.ports import NotRead
from tests.support.moto.aws import Aws
from tests.support.moto.models import ACCOUNT
from tests.support.moto.sessions import kept_session


def now() -> datetime:
    return datetime.now(UTC)


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def client(self, *_: Any, **__: Any) -> Any:
        return self

    def get_caller_identity(self) -> None:
        raise self.error


def test_credentials_that_aws_takes(aws: Aws) -> None:
    found = StsCallers(kept_session(), now).read()
    assert (found.account, found.refusal) == (ACCOUNT, None)
    assert found.answered is not None
    assert abs(found.answered.skew) < 5


def test_a_refusal_has_the_time_of_aws() -> None:
    """A clock that is off is one reason for it."""
    error = ClientError(
        {
            "Error": {"Code": "SignatureDoesNotMatch", "Message": "Signature not yet current"},
            "ResponseMetadata": {"HTTPHeaders": {"date": "Sat, 28 Nov 2026 12:00:00 GMT"}},  # type: ignore[typeddict-item]
        },
        "GetCallerIdentity",
    )
    found = StsCallers(Failing(error), lambda: datetime(2026, 11, 28, 13, tzinfo=UTC)).read()  # type: ignore[arg-type]
    assert found.account is None
    assert "Signature not yet current" in (found.refusal or "")
    assert found.answered is not None
    assert found.answered.skew == 3599


def test_no_credentials_and_no_answer() -> None:
    missing = StsCallers(Failing(NoCredentialsError()), now).read()  # type: ignore[arg-type]
    assert (missing.answered, missing.refusal) == (None, "Unable to locate credentials.")
    unreachable = EndpointConnectionError(endpoint_url="https://sts.us-east-1.amazonaws.com/")
    with pytest.raises(NotRead):
        StsCallers(Failing(unreachable), now).read()  # type: ignore[arg-type]
