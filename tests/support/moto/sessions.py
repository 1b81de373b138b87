"""Sessions that keep their clients: making one takes longer than most tests do with it."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

import boto3

from edgeship.resource_names import REGION


class KeptClients(boto3.Session):
    """Answers alike requests for a client with the same client."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION)
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service_name: str, *args: Any, config: Any = None, **kwargs: Any) -> Any:  # type: ignore[override]
        options = getattr(config, "_user_provided_options", None)
        # https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        endpoint = os.environ.get(f"AWS_ENDPOINT_URL_{service_name.upper().replace('-', '_')}")
        key = (service_name, repr((args, options, endpoint, sorted(kwargs.items()))))
        if key not in self._clients:
            self._clients[key] = super().client(service_name, *args, config=config, **kwargs)  # type: ignore[call-overload]
        return self._clients[key]


@cache
def kept_session() -> KeptClients:
    """One for all tests of a process that have an environment in moto: with dummy credentials, of no use elsewhere."""
    return KeptClients()
