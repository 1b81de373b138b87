"""Settings that are more than a name or a number."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edgeship.settings import RelaySettings, format_copies, parse_copies

RELAY = {
    "EDGESHIP_ENVIRONMENT": "test",
    "EDGESHIP_TABLE": "t",
    "EDGESHIP_BUS": "b",
    "EDGESHIP_CONFIG_BUCKET": "c",
    "EDGESHIP_POISON_QUEUE_URL": "q",
    "EDGESHIP_STORE_ARN": "a",
    "EDGESHIP_TOKEN_SECRET": "s",
}


@pytest.mark.parametrize("copies", [{}, {"eu-west-1": "one"}, {"eu-west-1": "one", "ap-south-1": "two"}])
def test_copies_are_read_as_they_are_written(copies: dict[str, str]) -> None:
    assert parse_copies(format_copies(copies)) == copies
    settings = RelaySettings.from_env({**RELAY, "EDGESHIP_EDGE_COPIES": format_copies(copies)})
    assert settings.flag_copies == copies
    assert RelaySettings.from_env(settings.to_env()) == settings


def test_without_copies_there_are_none() -> None:
    assert RelaySettings.from_env(RELAY).flag_copies == {}


@pytest.mark.parametrize("text", ["eu-west-1", "=bucket", "eu-west-1=", "eu-west-1=a,ap-south-1"])
def test_a_malformed_list_is_refused_at_the_start(text: str) -> None:
    with pytest.raises(ValidationError, match="is not REGION=BUCKET"):
        RelaySettings.from_env({**RELAY, "EDGESHIP_EDGE_COPIES": text})
