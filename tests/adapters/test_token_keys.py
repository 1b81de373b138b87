from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeship.adapters.token_keys import AGAIN_AFTER, KEPT_FOR, SecretTokenKeys, TokenKeysUnavailable
from tests.fakes.clock import FakeClock
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session
from tests.support.tokens import MASTER

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@pytest.fixture
def clock(aws: Aws) -> FakeClock:
    return FakeClock(NOW)


def keys(clock: FakeClock, secret: str = NAMES.token_secret) -> SecretTokenKeys:
    return SecretTokenKeys(kept_session().client("secretsmanager"), secret, clock)


def test_a_new_secret_has_one_key(clock: FakeClock) -> None:
    assert keys(clock).read() == (MASTER,)


def test_a_new_value_comes_first_within_minutes(clock: FakeClock) -> None:
    found = keys(clock)
    assert found.read() == (MASTER,)
    kept_session().client("secretsmanager").put_secret_value(SecretId=NAMES.token_secret, SecretString="new")
    clock.now += KEPT_FOR - timedelta(seconds=1)
    assert found.read() == (MASTER,)
    clock.now += timedelta(seconds=1)
    assert found.read() == ("new", MASTER)


def test_what_was_read_stays_while_the_secret_cannot_be_read(clock: FakeClock) -> None:
    found = keys(clock)
    found.read()
    kept_session().client("secretsmanager").delete_secret(SecretId=NAMES.token_secret, ForceDeleteWithoutRecovery=True)
    clock.now += KEPT_FOR
    assert found.read() == (MASTER,)


def test_a_secret_that_is_not_there_is_asked_for_again_later(clock: FakeClock) -> None:
    found = keys(clock, "edgeship-later")
    with pytest.raises(TokenKeysUnavailable, match="ResourceNotFoundException"):
        found.read()
    kept_session().client("secretsmanager").create_secret(Name="edgeship-later", SecretString="late")
    with pytest.raises(TokenKeysUnavailable):
        found.read()
    clock.now += AGAIN_AFTER
    assert found.read() == ("late",)
