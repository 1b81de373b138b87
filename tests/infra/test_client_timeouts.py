"""The template's timeouts and the settings of the functions' clients together: no call takes a whole run."""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import boto3
import pytest
from botocore.config import Config

from edgeship.settings import FUNCTION_SETTINGS
from tests.infra.template import Template

pytestmark = [pytest.mark.xdist_group("infra"), pytest.mark.synth]

DEFAULT_CONNECT_SECONDS = DEFAULT_READ_SECONDS = 60
"""Botocore's own (https://botocore.amazonaws.com/v1/documentation/api/latest/reference/config.html)."""
DEFAULT_ATTEMPTS = 5
LARGE_OBJECTS = {("artifact_upload", "s3"), ("propagation", "s3")}
SLOW_CALLS = {("rollout", "cloudwatch"), ("rollback", "cloudwatch"), ("relay", "cloudfront-keyvaluestore")}
BESIDE_A_LEASE = {("notification", name) for name in ("sns", "ssm", "secretsmanager")}


def worst_seconds(config: Config | None) -> float:
    """The longest that one call can take: each attempt at its timeouts, with the longest wait before the next.

    In the mode `standard`, the wait before retry n is 2 ** (n - 1) seconds at most, and never over 20
    (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html).
    """
    connect = getattr(config, "connect_timeout", DEFAULT_CONNECT_SECONDS)
    read = getattr(config, "read_timeout", DEFAULT_READ_SECONDS)
    attempts = attempts_of(config)
    return float(attempts * (connect + read) + sum(min(20, 2**retry) for retry in range(attempts - 1)))


def attempts_of(config: Config | None) -> int:
    retries: dict[str, Any] = getattr(config, "retries", None) or {}
    if "total_max_attempts" in retries:
        return int(retries["total_max_attempts"])
    return int(retries.get("max_attempts", DEFAULT_ATTEMPTS - 1)) + 1


def clients_of(name: str, template: Template, patch: pytest.MonkeyPatch) -> dict[str, list[Config | None]]:
    """The settings of each client that a function makes, by the service."""
    made: dict[str, list[Config | None]] = {}

    def client(service: str, *, config: Config | None = None, **_: object) -> Any:
        made.setdefault(service, []).append(config)
        return MagicMock(meta=SimpleNamespace(endpoint_url="https://example.com", events=MagicMock()))

    patch.setattr(boto3, "client", client)
    variables = template.functions()[name]["Properties"]["Environment"]["Variables"]
    env = {key: str(value) for key, value in template.resolve(variables).items()}
    if name == "propagation":
        # Of a distribution that has no name yet.
        env["EDGESHIP_SITE_URL"] = "https://widgets.example.com"
    module = importlib.import_module(f"edgeship.bootstrap.{name}")
    arguments = [env, lambda *_: None] if name in ("relay", "telemetry") else [env]
    module.build(*arguments)
    assert made
    return made


@pytest.mark.parametrize("stack", ["production", "customised"])
@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_a_call_that_hangs_takes_less_than_half_of_a_run(
    name: str, stack: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    template: Template = request.getfixturevalue(stack)
    timeout = template.functions()[name]["Properties"]["Timeout"]
    for service, configs in clients_of(name, template, monkeypatch).items():
        for config in configs:
            assert worst_seconds(config) <= timeout / 2, (service, worst_seconds(config))


@pytest.mark.parametrize("name", FUNCTION_SETTINGS)
def test_clients_wait_a_second_for_a_connection_and_three_for_an_answer(
    name: str, customised: Template, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, configs in clients_of(name, customised, monkeypatch).items():
        for config in configs:
            assert config is not None, service
            assert config.connect_timeout <= 1, service  # type: ignore[attr-defined]
            if (name, service) not in LARGE_OBJECTS | SLOW_CALLS | BESIDE_A_LEASE:
                assert config.read_timeout <= 3, service  # type: ignore[attr-defined]
            assert attempts_of(config) >= 2, service


def test_the_settings_of_botocore_itself_would_not_do() -> None:
    assert worst_seconds(None) > 600
    assert (
        worst_seconds(Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=30)) > 60
    )
