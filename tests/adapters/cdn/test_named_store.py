"""The store found by its name; that the data API is signed and answers is held by the local cloud's tests."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from edgeship.adapters.cdn.named_store import NamedStore
from edgeship.application.edge.ports import EdgeUnreachable, StoreContent
from edgeship.bootstrap.runtime import client_config
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session

ARN = "arn:aws:cloudfront::123456789012:key-value-store/f2a1"


class Client:
    """CloudFront's two APIs; `fault` is what every call of the data API meets."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.described = 0

    def client(self, service: str, **_: Any) -> Any:
        return self

    @property
    def meta(self) -> Any:
        events = type("Events", (), {"register": lambda *_, **__: None})
        return type("Meta", (), {"endpoint_url": "https://cloudfront-keyvaluestore.amazonaws.com", "events": events})

    def describe_key_value_store(self, Name: str = "", KvsARN: str = "") -> dict[str, Any]:  # noqa: N803
        if Name:
            self.described += 1
            assert Name == NAMES.route_store
            return {"KeyValueStore": {"ARN": ARN}}
        assert KvsARN == ARN
        return {"ETag": "e", "ItemCount": 2, "TotalSizeInBytes": 40}

    def get_key(self, KvsARN: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if self.fault:
            raise self.fault
        if Key == "there":
            return {"Value": "1"}
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetKey")


def store(client: Any) -> NamedStore:
    return NamedStore(client, client_config(), NAMES.route_store)


def test_it_is_found_once_and_read() -> None:
    client = Client()
    named = store(client)
    assert (named.get("there"), named.get("gone")) == ("1", None)
    assert named.content() == StoreContent("e", 2, 40)
    assert client.described == 1


@pytest.mark.parametrize(
    "fault",
    [
        ClientError(
            {
                "Error": {"Code": "AccessDeniedException", "Message": "no"},
                "ResponseMetadata": {"HTTPStatusCode": 403},  # type: ignore[typeddict-item]
            },
            "GetKey",
        ),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "slower"}}, "GetKey"),
        EndpointConnectionError(endpoint_url="https://f2a1.cloudfront-kvs.global.api.aws"),
    ],
)
def test_what_is_not_readable_is_one_error(fault: Exception) -> None:
    with pytest.raises(EdgeUnreachable, match="the store edgeship-test-routes can't be read") as unreachable:
        store(Client(fault)).get("there")
    assert unreachable.value.needs == ("cloudfront-keyvaluestore:GetKey" if "AccessDenied" in str(fault) else None)


def test_an_environment_without_a_store(aws: Aws) -> None:
    with pytest.raises(EdgeUnreachable, match="edgeship-test-routes"):
        store(kept_session()).content()


def test_the_command_line_loads_the_data_api_only_to_read_the_store() -> None:
    done = "import edgeship.bootstrap.operator, sys; sys.exit('edgeship.adapters.cdn.key_value_store' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", done], check=False).returncode == 0
