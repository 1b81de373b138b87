"""Nothing local reaches real AWS."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config

from localcloud.sandbox import NotLoopback, SandboxSession, child_environment, require_loopback

ENDPOINT = "http://127.0.0.1:4566"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4566", "http://localhost:1", "https://127.9.9.9", "http://[::1]:4566/bucket/key"]
)
def test_loopback_is_accepted(url: str) -> None:
    assert require_loopback(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://s3.us-east-1.amazonaws.com",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
        "http://127.0.0.1@example.com/",
        "http://169.254.169.254/latest/meta-data",
        "ftp://127.0.0.1/x",
        "127.0.0.1:4566",
        "",
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(NotLoopback, match="not on this machine"):
        require_loopback(url)


def test_a_session_cannot_be_made_for_a_foreign_endpoint() -> None:
    with pytest.raises(NotLoopback):
        SandboxSession("https://dynamodb.us-east-1.amazonaws.com")


def test_a_client_cannot_be_pointed_elsewhere() -> None:
    session = SandboxSession(ENDPOINT)
    with pytest.raises(NotLoopback):
        session.client("s3", endpoint_url="https://s3.amazonaws.com")
    with pytest.raises(NotLoopback):
        session.resource("dynamodb", endpoint_url="http://127.0.0.1:9999")


def test_users_configuration_is_not_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile work]\nregion = eu-west-1\nendpoint_url = https://example.com\n")
    credentials = tmp_path / "credentials"
    credentials.write_text("[work]\naws_access_key_id = REAL\naws_secret_access_key = REAL\n")
    for name, value in {
        "AWS_PROFILE": "does-not-exist",
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SECRET_ACCESS_KEY": "REAL",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
    }.items():
        monkeypatch.setenv(name, value)
    session = SandboxSession(ENDPOINT)
    credentials_in_use = session.get_credentials()
    assert credentials_in_use is not None
    assert credentials_in_use.access_key == "test"
    client = session.client("s3", config=Config(connect_timeout=1))
    assert client.meta.endpoint_url == ENDPOINT
    assert client.meta.region_name == "us-east-1"
    assert client.meta.config.connect_timeout == 1
    assert client.meta.config.s3["addressing_style"] == "path"


def test_a_callers_configuration_cannot_weaken_the_sandbox() -> None:
    loose = Config(proxies={"http": "http://proxy:3128"}, use_fips_endpoint=True, read_timeout=7)
    for client in (SandboxSession(ENDPOINT, loose).client("s3"), SandboxSession(ENDPOINT).client("s3", config=loose)):
        assert client.meta.config.proxies == {}
        assert not client.meta.config.use_fips_endpoint
        assert client.meta.config.read_timeout == 7
        assert client.meta.endpoint_url == ENDPOINT


def test_a_request_led_astray_is_stopped_before_it_is_sent() -> None:
    client = SandboxSession(ENDPOINT).client("s3")

    def lead_astray(request: AWSRequest, **_: object) -> None:
        request.url = "https://bucket.s3.amazonaws.com/key"

    client.meta.events.register("request-created", lead_astray)
    with pytest.raises(NotLoopback):
        client.get_object(Bucket="bucket", Key="key")


def test_a_child_gets_no_trace_of_the_users_account() -> None:
    parent = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "AWS_PROFILE": "production",
        "AWS_ACCESS_KEY_ID": "REAL",
        "AWS_SESSION_TOKEN": "REAL",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "aws_default_profile": "production",
        "HTTPS_PROXY": "http://proxy:3128",
        "http_proxy": "http://proxy:3128",
        "PROJECT_ENV": "production",
    }
    child = child_environment(parent, ENDPOINT, without=("PROJECT_",))
    assert "REAL" not in child.values()
    assert not any("prox" in value or "production" in value for value in child.values())
    assert (child["PATH"], child["HOME"]) == ("/bin", "/home/me")
    assert child["AWS_ENDPOINT_URL"] == ENDPOINT
    assert "AWS_ENDPOINT_URL_S3" not in child
    assert child["AWS_CONFIG_FILE"] == child["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert child["AWS_EC2_METADATA_DISABLED"] == "true"


def test_the_account_does_not_go_before_the_host_of_a_key_value_store() -> None:
    class Sent(Exception):
        pass

    def stop(request: AWSPreparedRequest, **_: object) -> None:
        raise Sent(request.url)

    client = SandboxSession("http://127.0.0.1:1").client("cloudfront-keyvaluestore")
    client.meta.events.register("before-send", stop)
    with pytest.raises(Sent, match=r"http://127\.0\.0\.1:1/key-value-stores/arn%3A"):
        client.describe_key_value_store(KvsARN="arn:aws:cloudfront::000000000000:key-value-store/routes")
