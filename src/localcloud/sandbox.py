"""The guarantee that nothing local reaches real AWS.

Three walls, each enough alone: clients are made with an explicit loopback endpoint and placeholder credentials;
no configuration file, profile or `AWS_*` variable of the user is read; and every request is looked at once more
just before it is sent, so that a redirect or an endpoint rule cannot lead off the machine.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config

from localcloud.account import REGION
from localcloud.iam.credentials import ROOT, Credentials

_DEFAULTS = Config(max_pool_connections=64, retries={"mode": "standard", "total_max_attempts": 4})
_ENFORCED = Config(
    # An emulator on an IP address has no bucket subdomains.
    s3={"addressing_style": "path"},
    # {} and not None: None reads HTTP_PROXY, which would carry loopback requests off the machine.
    proxies={},
    use_fips_endpoint=False,
    use_dualstack_endpoint=False,
)


class NotLoopback(ValueError):
    """An endpoint outside this machine was about to be used."""


def require_loopback(url: str) -> str:
    """`url`, when its host is this machine.

    Raises:
        NotLoopback: the URL is not http(s) to `localhost`, 127.0.0.0/8 or ::1. Other names are refused without
            looking them up: what a name resolves to may change between the look and the use.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not _is_loopback(host):
        raise NotLoopback(
            f"{url!r} is not on this machine: the local cloud only talks to http://127.0.0.1 or localhost, "
            "so that nothing it does can reach an AWS account"
        )
    return url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class SandboxSession(boto3.session.Session):
    """A boto3 session whose clients and resources all go to one loopback endpoint."""

    def __init__(self, endpoint_url: str, config: Config | None = None, credentials: Credentials = ROOT) -> None:
        """
        Args:
            config: of every client, where it does not weaken the sandbox.
            credentials: of a principal of the local cloud; they count where it enforces policies.

        Raises:
            NotLoopback: `endpoint_url` is not on this machine.
        """
        self.endpoint_url = require_loopback(endpoint_url).rstrip("/")
        self._config = _DEFAULTS if config is None else _DEFAULTS.merge(config)
        super().__init__(
            aws_access_key_id=credentials.access_key_id,
            aws_secret_access_key=credentials.secret_access_key,
            aws_session_token=credentials.session_token,
            region_name=REGION,
            botocore_session=_isolated_botocore_session(),
        )
        self.events.register_first("before-send", _refuse_to_leave)
        self.events.register("before-sign.cloudfront-keyvaluestore", self._back_to_the_endpoint)

    def client(self, service_name: str, **kwargs: Any) -> Any:  # type: ignore[override]
        """As boto3's, with the endpoint fixed and `config` merged over the session's."""
        return super().client(service_name, **self._fixed(kwargs))  # type: ignore[call-overload]

    def resource(self, service_name: str, **kwargs: Any) -> Any:  # type: ignore[override]
        return super().resource(service_name, **self._fixed(kwargs))  # type: ignore[call-overload]

    def _back_to_the_endpoint(self, request: AWSRequest, **_: object) -> None:
        # botocore puts the account before the host of the store's endpoint, a given one too: 000000000000.127.0.0.1.
        asked = urlsplit(str(request.url))
        request.url = asked._replace(netloc=urlsplit(self.endpoint_url).netloc).geturl()

    def _fixed(self, kwargs: Mapping[str, Any]) -> dict[str, Any]:
        asked = kwargs.get("endpoint_url")
        if asked is not None and asked.rstrip("/") != self.endpoint_url:
            raise NotLoopback(f"this session is bound to {self.endpoint_url}, not to {asked!r}")
        asked_config = kwargs.get("config")
        config = self._config if asked_config is None else self._config.merge(asked_config)
        return {**kwargs, "endpoint_url": self.endpoint_url, "config": config.merge(_ENFORCED)}


def _isolated_botocore_session() -> botocore.session.Session:
    # (config file key, environment variable, default, conversion): no variable is named, so none is read.
    return botocore.session.Session(
        session_vars={
            "profile": (None, None, None, None),
            "config_file": (None, None, os.devnull, None),
            "credentials_file": (None, None, os.devnull, None),
        }
    )


def _refuse_to_leave(request: AWSPreparedRequest, **_: object) -> None:
    require_loopback(request.url)


def child_environment(
    parent: Mapping[str, str], endpoint_url: str | None = None, *, without: tuple[str, ...] = ()
) -> dict[str, str]:
    """`parent` without anything that could identify or reach an AWS account, for a child process of the local cloud.

    Every `AWS_*`, `AMAZON_*`, `BOTO*` and proxy variable goes, and what begins with one of `without`, in capitals;
    placeholder credentials, and `endpoint_url` when given, take their place.
    """
    kept = {
        name: value
        for name, value in parent.items()
        if not name.upper().startswith(("AWS_", "AMAZON_", "BOTO", *without))
        and name.upper() not in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
    }
    kept |= {
        **ROOT.variables(),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
    }
    if endpoint_url is not None:
        kept["AWS_ENDPOINT_URL"] = require_loopback(endpoint_url)
    return kept
