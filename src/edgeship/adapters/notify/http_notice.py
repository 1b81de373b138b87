"""What all destinations over HTTPS share: reading the secret, the request, and the reason of a failure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlsplit

from edgeship.adapters.http.https_post import AddressRefused, HttpsPost
from edgeship.adapters.http.retry_after import retry_after
from edgeship.adapters.secrets import Secrets, SecretUnavailable
from edgeship.application.notifications.ports import NotSent
from edgeship.domain.notifications.rules import Destination

USER_AGENT = "edgeship"
_WORD = re.compile(rb"[a-z_]{1,60}")
"""The form of Slack's error answers, which no secret has.
Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors"""


def secret_of(destination: Destination, secrets: Secrets) -> str:
    """The secret behind the destination's reference.

    Raises:
        NotSent: it can't be read.
    """
    assert destination.secret is not None
    try:
        return secrets.read(destination.secret)
    except SecretUnavailable as fault:
        raise NotSent(str(fault)) from fault


def post_notice(post: HttpsPost, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Post it once; any 2xx is success.

    Raises:
        NotSent: there was no answer, or not a 2xx. The reason contains only the host of the URL.
    """
    try:
        answer = post(url, {**headers, "user-agent": USER_AGENT}, body)
    except AddressRefused as refused:
        raise NotSent(str(refused)) from refused
    except OSError as error:
        raise NotSent(f"{urlsplit(url).hostname}: {error}") from error
    if not 200 <= answer.status < 300:
        word = answer.body.strip()
        detail = f" ({word.decode()})" if _WORD.fullmatch(word) else ""
        raise NotSent(f"{urlsplit(url).hostname} answered {answer.status}{detail}", retry_after(answer.headers, now))
