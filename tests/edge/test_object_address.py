from __future__ import annotations

import pytest

from functions.edge.object_address import address_of


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, (True, "cfg.s3.us-east-1.amazonaws.com", 443, "cfg.s3.us-east-1.amazonaws.com", "/edge/s%20n.json")),
        ({"AWS_ENDPOINT_URL": ""}, (True, "cfg.s3.us-east-1.amazonaws.com", 443, None, "/edge/s%20n.json")),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
            (False, "127.0.0.1", 4566, "127.0.0.1:4566", "/cfg/edge/s%20n.json"),
        ),
        (
            {"AWS_ENDPOINT_URL": "http://wrong", "AWS_ENDPOINT_URL_S3": "https://s3.test/"},
            (True, "s3.test", 443, "s3.test", "/cfg/edge/s%20n.json"),
        ),
        (
            {"AWS_ENDPOINT_URL_S3": "http://[::1]:9000/base/"},
            (False, "::1", 9000, "[::1]:9000", "/base/cfg/edge/s%20n.json"),
        ),
        ({"AWS_ENDPOINT_URL_S3": "http://[::1]"}, (False, "::1", 80, "[::1]", "/cfg/edge/s%20n.json")),
        ({"AWS_ENDPOINT_URL_S3": "http://h:80"}, (False, "h", 80, "h", "/cfg/edge/s%20n.json")),
    ],
)
def test_an_object_is_addressed_at_s3_or_at_the_endpoint_of_the_sdks_variables(
    env: dict[str, str], expected: tuple[bool, str, int, str | None, str]
) -> None:
    address = address_of("cfg", "edge/s n.json", "us-east-1", env)
    tls, host, port, authority, path = expected
    assert (address.tls, address.host, address.port, address.path) == (tls, host, port, path)
    assert address.authority == (authority or host)


@pytest.mark.parametrize("endpoint", ["localhost:4566", "ftp://h", "http://", "http://u:p@h", "http://h:x"])
def test_a_malformed_endpoint_is_an_error(endpoint: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        address_of("cfg", "k", "us-east-1", {"AWS_ENDPOINT_URL": endpoint})
