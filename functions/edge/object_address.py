"""Where the snapshot's object is read: S3's own endpoint, or the one that the SDKs' variables name."""

from __future__ import annotations

from functions.edge.sigv4 import quote_key

# TYPE_CHECKING without `typing`, which costs 6 ms of cold start.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ENDPOINT_VARIABLES = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
"""Never set at the edge; a local emulator sets one, and is then addressed path-style.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""


class ObjectAddress:
    """Where to connect, and what to ask for: `authority` is the Host header, `path` is percent-encoded."""

    __slots__ = ("authority", "host", "path", "port", "tls")

    def __init__(self, *, tls: bool, host: str, port: int, path: str) -> None:
        self.tls = tls
        self.host = host
        self.port = port
        self.path = path
        name = f"[{host}]" if ":" in host else host
        self.authority = name if port == _default_port(tls) else f"{name}:{port}"


def address_of(bucket: str, key: str, region: str, env: Mapping[str, str]) -> ObjectAddress:
    """Address an object.

    Raises:
        ValueError: an endpoint variable is not an `http://` or `https://` URL.
    """
    for variable in ENDPOINT_VARIABLES:
        endpoint = env.get(variable)
        if endpoint:
            return _path_style(endpoint, f"/{bucket}/{quote_key(key)}")
    return ObjectAddress(tls=True, host=f"{bucket}.s3.{region}.amazonaws.com", port=443, path="/" + quote_key(key))


def _path_style(endpoint: str, path: str) -> ObjectAddress:
    scheme, _, rest = endpoint.partition("://")
    authority, _, base = rest.partition("/")
    if scheme not in ("http", "https") or not authority or "@" in authority:
        raise ValueError(f"endpoint {endpoint!r} is not an http:// or https:// URL")
    tls = scheme == "https"
    host, colon, port = authority.rpartition(":")
    if not colon or "]" in port:
        host, port = authority, ""
    return ObjectAddress(
        tls=tls,
        host=host.strip("[]"),
        port=int(port) if port else _default_port(tls),
        path=f"/{base.rstrip('/')}{path}" if base.strip("/") else path,
    )


def _default_port(tls: bool) -> int:
    return 443 if tls else 80
