"""Whose credentials there are, and AWS's clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnection

from edgeship.application.doctor.ports import NotRead
from edgeship.domain.doctor.account import Answered, Caller
from edgeship.resource_names import REGION


class StsCallers:
    """GetCallerIdentity needs no permission
    (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html)."""

    def __init__(self, session: boto3.Session, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    def read(self) -> Caller:
        asked = self._clock()
        try:
            answer: Mapping[str, Any] = self._session.client("sts", region_name=REGION).get_caller_identity()
        except (ClientError, BotoCoreError) as error:
            return refused_caller(error, asked, self._clock())
        return Caller(str(answer["Account"]), _answered(answer, asked, self._clock()))


@dataclass(frozen=True)
class RefusedCallers:
    """Of credentials whose refusal is known."""

    error: ClientError | BotoCoreError
    asked: datetime
    got: datetime

    def read(self) -> Caller:
        return refused_caller(self.error, self.asked, self.got)


def refused_caller(error: ClientError | BotoCoreError, asked: datetime, got: datetime) -> Caller:
    """
    Raises:
        NotRead: AWS did not answer at all.
    """
    if isinstance(error, ClientError):
        # An answer, with AWS's time: a clock that is off is one reason for a refusal.
        return Caller(None, _answered(error.response, asked, got), f"{error}.")
    if isinstance(error, HTTPClientError | NoConnection):
        raise NotRead(f"{error}.") from error
    return Caller(None, None, f"{error}.")  # there are none, or they can't be got


def _answered(answer: Mapping[str, Any], asked: datetime, got: datetime) -> Answered | None:
    date = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
    try:
        said = parsedate_to_datetime(date)
    except (TypeError, ValueError):
        return None
    return Answered(said if said.tzinfo else said.replace(tzinfo=UTC), asked, got)
