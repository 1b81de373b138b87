"""Webhooks and Slack messages over real sockets and TLS, received by an independent implementation."""

from __future__ import annotations

import base64
import json
import logging
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import boto3
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from edgeship.adapters.http.https_post import HttpsPost
from edgeship.adapters.notify.slack import SlackSender, slack_message
from edgeship.adapters.notify.webhooks import WebhookSender
from edgeship.adapters.secrets import Secrets
from edgeship.application.notifications.ports import NotSent, Sender
from edgeship.bootstrap.runtime import utc_now
from edgeship.domain.notifications.rules import Destination, Kind
from edgeship.resource_names import REGION
from tests.edge.certificates import Authority
from tests.support.moto.aws import aws_environment
from tests.support.notices import notices, sample
from tests.support.receiver import Receiver, receiver

HOST = "localhost"
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY, OTHER_KEY = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
SECRET_PATH = "/services/T000/B000/xoxT0PS3CRET"
REFERENCE = "ssm:/edgeship/test/hook"
NOTICES = notices()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("Test Root")


@pytest.fixture(scope="module")
def server(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(authority.server_context(HOST, tmp_path_factory.mktemp("tls"))) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def stores() -> Iterator[None]:
    """Parameter Store and Secrets Manager, once for all tests, which store what they read."""
    with aws_environment():
        yield


@pytest.fixture(autouse=True)
def fresh(server: Receiver) -> None:
    server.received.clear()
    server.behaviours.clear()


class Parts:
    """The senders, over real sockets; `store` puts the secret that they read."""

    def __init__(self, authority: Authority, server: Receiver, **settings: Any) -> None:
        self.ssm: Any = boto3.client("ssm", region_name=REGION)
        trust = ssl.create_default_context(cadata=authority.pem.decode())
        post = HttpsPost(**{"loopback": True, "trust": trust, "seconds": 2.0, **settings})
        secrets = Secrets(self.ssm, boto3.client("secretsmanager", region_name=REGION))
        self.webhook = WebhookSender(post, secrets)
        self.slack = SlackSender(post, secrets)
        self.base = f"https://{HOST}:{server.port}"
        self.to_webhook = Destination("ci", Kind.WEBHOOK, f"{self.base}{SECRET_PATH}", REFERENCE)
        self.to_slack = Destination("on-call", Kind.SLACK, secret=REFERENCE)

    def store(self, secret: str) -> None:
        self.ssm.put_parameter(Name="/edgeship/test/hook", Value=secret, Type="SecureString", Overwrite=True)

    def not_sent(self, kind: Kind) -> NotSent:
        """Send by one of the ways, in vain."""
        sender: Sender = self.slack if kind is Kind.SLACK else self.webhook
        self.store(f"{self.base}{SECRET_PATH}" if kind is Kind.SLACK else KEY)
        with pytest.raises(NotSent) as fault:
            sender.send(self.to_slack if kind is Kind.SLACK else self.to_webhook, NOTICES["rollback"], utc_now())
        return fault.value


@pytest.fixture
def make(authority: Authority, server: Receiver) -> Callable[..., Parts]:
    return lambda **settings: Parts(authority, server, **settings)


BOTH = pytest.mark.parametrize("kind", [Kind.SLACK, Kind.WEBHOOK])


def test_a_receiver_verifies_the_signature_and_reads_the_event(make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    parts.store(KEY)
    notice = NOTICES["rollout aborted"]
    parts.webhook.send(parts.to_webhook, notice, utc_now())
    (got,) = server.received
    Webhook(KEY).verify(got.body, got.headers)
    event = sample("rollout-aborted")
    assert json.loads(got.body) == {
        "type": "rollout.aborted",
        "timestamp": event.occurred_at,
        "data": {
            **event.detail(),
            "severity": "critical",
            "title": "checkout: latest: rollout to 1.5.0 aborted",
            "now": "latest is at 1.4.2 now, locked",
        },
    }
    assert got.path == SECRET_PATH
    assert got.headers["webhook-id"] == event.event_id
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"] == "edgeship"


def test_what_was_tampered_with_or_signed_by_another_is_found_out(make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    parts.store(KEY)
    parts.webhook.send(parts.to_webhook, NOTICES["rollback"], utc_now())
    (got,) = server.received
    for key, body, headers in (
        (OTHER_KEY, got.body, got.headers),
        (KEY, got.body + b" ", got.headers),
        (KEY, got.body, {**got.headers, "webhook-id": "another"}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, headers)


def test_two_secrets_sign_twice_so_that_a_receiver_can_change(make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    parts.store(f"{KEY} {OTHER_KEY}")
    parts.webhook.send(parts.to_webhook, NOTICES["rollback"], utc_now())
    (got,) = server.received
    for key in (KEY, OTHER_KEY):
        Webhook(key).verify(got.body, got.headers)


def test_another_attempt_has_the_same_id_and_its_own_time(make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    parts.store(KEY)
    for at in (NOW, NOW + timedelta(seconds=90)):
        parts.webhook.send(parts.to_webhook, NOTICES["rollback"], at)
    first, second = server.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 90
    assert first.body == second.body


@pytest.mark.parametrize(
    "secret", ["whsec_", "whsec_c2hvcnQ=", "whsec_!!", KEY.removeprefix("whsec_"), f"{KEY} nonsense"]
)
def test_a_malformed_signing_secret_is_a_reason_that_does_not_repeat_it(
    secret: str, make: Callable[..., Parts], server: Receiver
) -> None:
    parts = make()
    parts.store(secret)
    with pytest.raises(NotSent) as fault:
        parts.webhook.send(parts.to_webhook, NOTICES["rollback"], utc_now())
    assert fault.value.reason == "the signing secret is not whsec_ and the base64 of 24 to 64 bytes"
    assert not server.received


def test_slack_gets_the_message(make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    parts.store(f"{parts.base}{SECRET_PATH}\n")
    parts.slack.send(parts.to_slack, NOTICES["rollback"], utc_now())
    (got,) = server.received
    assert got.path == SECRET_PATH
    assert json.loads(got.body) == slack_message(NOTICES["rollback"])
    assert got.headers["content-type"] == "application/json"


@BOTH
@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_is_success(kind: Kind, status: int, make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    server.behaviours.append((status, {}, b""))
    parts.store(f"{parts.base}{SECRET_PATH}" if kind is Kind.SLACK else KEY)
    if kind is Kind.SLACK:
        parts.slack.send(parts.to_slack, NOTICES["test"], utc_now())
    else:
        parts.webhook.send(parts.to_webhook, NOTICES["test"], utc_now())
    assert len(server.received) == 1


@BOTH
@pytest.mark.parametrize("status", [301, 307, 400, 404, 410, 429, 500, 503])
def test_any_other_status_is_a_reason_and_no_redirect_is_followed(
    kind: Kind, status: int, make: Callable[..., Parts], server: Receiver
) -> None:
    parts = make()
    server.behaviours.append((status, {"location": f"{parts.base}/elsewhere"}, b"<html>Oops</html>"))
    fault = parts.not_sent(kind)
    assert (fault.reason, fault.retry_after) == (f"{HOST} answered {status}", None)
    assert [got.path for got in server.received] == [SECRET_PATH]


@BOTH
@pytest.mark.parametrize(("asks", "seconds"), [("30", 30), ("86400", 3600), ("Mon, 23 Nov 2020 10:00:00 GMT", 0)])
def test_a_server_may_ask_to_be_left_alone(
    kind: Kind, asks: str, seconds: float, make: Callable[..., Parts], server: Receiver
) -> None:
    server.behaviours.append((429, {"retry-after": asks}, b""))
    assert make().not_sent(kind).retry_after == seconds


def test_what_slack_complains_of_is_in_the_reason(make: Callable[..., Parts], server: Receiver) -> None:
    server.behaviours.append((404, {}, b"channel_is_archived"))
    assert make().not_sent(Kind.SLACK).reason == f"{HOST} answered 404 (channel_is_archived)"


def echo(handler: BaseHTTPRequestHandler) -> None:
    """Send back all that was sent."""
    handler.send_response(500)
    handler.end_headers()
    handler.wfile.write(handler.path.encode() + str(handler.headers).encode())


def leave(handler: BaseHTTPRequestHandler) -> None:
    """Hang up without a word."""


def wait(handler: BaseHTTPRequestHandler) -> None:
    """Say nothing until the client has left."""
    with suppress(OSError):
        handler.connection.recv(1)


@BOTH
@pytest.mark.parametrize(
    ("behaviour", "says"),
    [(echo, "answered 500"), (leave, "the server hung up without an answer"), (wait, "timed out")],
    ids=["echoes", "hangs up", "waits"],
)
def test_no_secret_is_in_any_reason_or_log(
    kind: Kind,
    behaviour: Callable[[BaseHTTPRequestHandler], None],
    says: str,
    make: Callable[..., Parts],
    server: Receiver,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server.behaviours.append(behaviour)
    with caplog.at_level(logging.INFO):
        fault = make(seconds=0.3 if behaviour is wait else 10).not_sent(kind)
    assert says in fault.reason
    told = fault.reason + repr(fault) + caplog.text + "".join(map(str, _causes(fault)))
    assert "S3CRET" not in told
    assert KEY.removeprefix("whsec_") not in told


@BOTH
def test_a_private_address_is_a_reason_that_names_the_host_alone(kind: Kind, make: Callable[..., Parts]) -> None:
    assert make(loopback=False).not_sent(kind).reason == f"{HOST}: one of its addresses is not public"


@BOTH
def test_a_certificate_that_nobody_vouches_for_is_a_reason(kind: Kind, make: Callable[..., Parts]) -> None:
    fault = make(trust=None).not_sent(kind)
    assert fault.reason.startswith(f"{HOST}: ")
    assert "certificate verify failed" in fault.reason


@BOTH
def test_a_secret_that_is_not_there_is_a_reason(kind: Kind, make: Callable[..., Parts], server: Receiver) -> None:
    parts = make()
    sender: Sender = parts.slack if kind is Kind.SLACK else parts.webhook
    missing = replace(parts.to_slack if kind is Kind.SLACK else parts.to_webhook, secret="ssm:/edgeship/test/none")
    with pytest.raises(NotSent, match=r"^ssm:/edgeship/test/none: ParameterNotFound$"):
        sender.send(missing, NOTICES["test"], utc_now())
    assert not server.received


def _causes(fault: BaseException | None) -> Iterator[BaseException]:
    while fault is not None:
        yield fault
        fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
