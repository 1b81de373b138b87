"""Secrets from Parameter Store and Secrets Manager, on moto."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from edgeship.adapters.secrets import Secrets, SecretUnavailable
from edgeship.resource_names import REGION
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PARAMETER, SECRET = "ssm:/edgeship/test/slack", "secretsmanager:edgeship/test/slack"


class Store:
    """The two services, and a `Secrets` over them whose clock can be set."""

    def __init__(self, clock: FakeClock) -> None:
        self.ssm: Any = boto3.client("ssm", region_name=REGION)
        self.secretsmanager: Any = boto3.client("secretsmanager", region_name=REGION)
        self.clock = clock
        self.secrets = Secrets(self.ssm, self.secretsmanager)

    def put(self, reference: str, secret: str) -> None:
        if reference == PARAMETER:
            self.ssm.put_parameter(Name="/edgeship/test/slack", Value=secret, Type="SecureString", Overwrite=True)
        else:
            try:
                self.secretsmanager.create_secret(Name="edgeship/test/slack", SecretString=secret)
            except self.secretsmanager.exceptions.ResourceExistsException:
                self.secretsmanager.put_secret_value(SecretId="edgeship/test/slack", SecretString=secret)


@pytest.fixture
def store(aws: object, monkeypatch: pytest.MonkeyPatch) -> Store:
    clock = FakeClock(NOW)

    class SetTime(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return clock.now

    monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.base.datetime", SetTime)
    return Store(clock)


@pytest.mark.parametrize("reference", [PARAMETER, SECRET])
def test_it_is_read_without_the_white_space_around_it(reference: str, store: Store) -> None:
    store.put(reference, "  hush\n")
    assert store.secrets.read(reference) == "hush"


@pytest.mark.parametrize("reference", [PARAMETER, SECRET])
def test_it_is_kept_for_five_minutes(reference: str, store: Store) -> None:
    store.put(reference, "one")
    assert store.secrets.read(reference) == "one"
    store.put(reference, "two")
    store.clock.now = NOW + timedelta(minutes=5) - timedelta(seconds=1)
    assert store.secrets.read(reference) == "one"
    store.clock.now = NOW + timedelta(minutes=5, seconds=1)
    assert store.secrets.read(reference) == "two"


@pytest.mark.parametrize(
    ("reference", "reason"), [(PARAMETER, "ParameterNotFound"), (SECRET, "ResourceNotFoundException")]
)
def test_one_that_is_not_there_is_unavailable_and_asked_for_again(reference: str, reason: str, store: Store) -> None:
    with pytest.raises(SecretUnavailable) as fault:
        store.secrets.read(reference)
    assert (fault.value.reference, fault.value.reason) == (reference, reason)
    store.put(reference, "hush")
    assert store.secrets.read(reference) == "hush"


def test_one_that_is_not_text_is_unavailable(store: Store) -> None:
    store.secretsmanager.create_secret(Name="edgeship/test/slack", SecretBinary=b"hush")
    with pytest.raises(SecretUnavailable, match="it is not text, or empty"):
        store.secrets.read(SECRET)


@pytest.mark.parametrize("reference", [PARAMETER, SECRET])
def test_one_that_is_empty_is_unavailable_and_asked_for_again(reference: str, store: Store) -> None:
    store.put(reference, " \n")
    with pytest.raises(SecretUnavailable, match="it is not text, or empty"):
        store.secrets.read(reference)
    store.put(reference, "hush")
    assert store.secrets.read(reference) == "hush"


def test_a_store_that_does_not_answer_makes_it_unavailable(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://ssm.us-east-1.amazonaws.com")

    monkeypatch.setattr(store.ssm, "get_parameter", silent)
    with pytest.raises(SecretUnavailable) as fault:
        store.secrets.read(PARAMETER)
    assert fault.value.reason == "EndpointConnectionError"


def test_what_is_no_reference_is_unavailable(store: Store) -> None:
    with pytest.raises(SecretUnavailable, match="a reference begins with ssm: or secretsmanager:"):
        store.secrets.read("file:/etc/passwd")
