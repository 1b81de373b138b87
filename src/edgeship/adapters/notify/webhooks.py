"""Notices as Standard Webhooks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from edgeship.adapters.http.https_post import HttpsPost
from edgeship.adapters.notify.http_notice import post_notice, secret_of
from edgeship.adapters.secrets import Secrets
from edgeship.application.notifications.ports import NotSent
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination

SECRET_PREFIX = "whsec_"  # noqa: S105  what every secret begins with
SECRET_BYTES = range(24, 65)
"""How long a secret may be, decoded."""


class WebhookSender:
    """Posts to `destination.url`, signed with the secret behind `destination.secret`. With several secrets, separated
    by spaces, there is a signature by each, so that a receiver can change from one secret to the next."""

    def __init__(self, post: HttpsPost, secrets: Secrets) -> None:
        self._post = post
        self._secrets = secrets

    def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        assert destination.url is not None
        body = json.dumps(webhook_payload(notice), ensure_ascii=False, separators=(",", ":")).encode()
        headers = signed_headers(notice.event.event_id, now, body, secret_of(destination, self._secrets))
        post_notice(self._post, destination.url, headers, body, now)


def webhook_payload(notice: Notice) -> dict[str, Any]:
    """`{"type": "rollout.aborted", "timestamp": …, "data": {…}}`: the event's detail, and the notice's texts."""
    return {
        "type": notice.event.type.value.lower().replace(" ", "."),
        "timestamp": notice.event.occurred_at,
        "data": {
            **notice.event.detail(),
            "severity": notice.severity.value,
            "title": notice.title,
            "now": notice.now,
        },
    }


def signed_headers(message_id: str, now: datetime, body: bytes, secrets: str) -> dict[str, str]:
    """The headers of one attempt; `webhook-id` is the same in every one.

    Raises:
        NotSent: a secret is not valid.
    """
    seconds = str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), seconds.encode(), body))
    signatures = [
        base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode() for secret in secrets.split()
    ]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(f"v1,{signature}" for signature in signatures),
    }


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(SECRET_PREFIX) or len(key) not in SECRET_BYTES:
        raise NotSent(f"the signing secret is not {SECRET_PREFIX} and the base64 of 24 to 64 bytes")
    return key
