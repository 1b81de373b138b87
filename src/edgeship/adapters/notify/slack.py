"""Notices for Slack's incoming webhooks, and for services that take the same messages.

Messages: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
Blocks and their limits: https://docs.slack.dev/reference/block-kit/blocks
Escaping: https://docs.slack.dev/messaging/formatting-message-text#escaping
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from edgeship.adapters.http.https_post import HttpsPost
from edgeship.adapters.notify.http_notice import post_notice, secret_of
from edgeship.adapters.secrets import Secrets
from edgeship.domain.notifications.notice import Notice
from edgeship.domain.notifications.rules import Destination

MAX_HEADER = 150
MAX_FIELD = 2_000
MAX_TEXT = 3_000
MAX_FIELDS = 10
MAX_BLOCKS = 50

_IN_CONTEXT = ("cause", "at")
_IN_FULL = ("next",)
"""Facts that are not shown as fields: fields are two columns of short texts."""
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


class SlackSender:
    """Posts to the URL behind `destination.secret`. Anybody who knows the URL may post, so it is a secret."""

    def __init__(self, post: HttpsPost, secrets: Secrets) -> None:
        self._post = post
        self._secrets = secrets

    def send(self, destination: Destination, notice: Notice, now: datetime) -> None:
        url = secret_of(destination, self._secrets)
        body = json.dumps(slack_message(notice)).encode()
        post_notice(self._post, url, {"content-type": "application/json"}, body, now)


def slack_message(notice: Notice) -> dict[str, Any]:
    """A message with a header, the facts, the channel's state now, and a text for notifications on phones."""
    short = [fact for fact in notice.facts if fact[0] not in (*_IN_CONTEXT, *_IN_FULL)]
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": escape(notice.title, MAX_HEADER), "emoji": False}},
        *_sections([("severity", notice.severity.value), *short]),
        *({"type": "section", "text": _labelled(fact, MAX_TEXT)} for fact in notice.facts if fact[0] in _IN_FULL),
    ]
    context = [_labelled(fact, MAX_TEXT) for fact in notice.facts if fact[0] in _IN_CONTEXT]
    if notice.now is not None:
        context.append(_labelled(("now", notice.now), MAX_TEXT))
    # A context block without elements is refused.
    if context:
        blocks.append({"type": "context", "elements": context})
    return {"text": escape(f"{notice.severity.value}: {notice.title}", MAX_TEXT), "blocks": blocks[:MAX_BLOCKS]}


def escape(text: str, limit: int) -> str:
    """The text with Slack's control characters escaped, cut where the escaped text would be longer than `limit`."""
    escaped = [_ESCAPES.get(character, character) for character in text]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    kept, length = [], 1
    for part in escaped:
        length += len(part)
        if length > limit:
            break
        kept.append(part)
    return "".join(kept) + "…"


def _sections(facts: Iterable[tuple[str, str]]) -> Iterable[dict[str, Any]]:
    left = iter(facts)
    while fields := [_labelled(fact, MAX_FIELD) for fact in islice(left, MAX_FIELDS)]:
        yield {"type": "section", "fields": fields}


def _labelled(fact: tuple[str, str], limit: int) -> dict[str, Any]:
    label, text = fact
    head = f"*{label}*\n"
    # Verbatim: Slack makes no links or mentions from the text of a cause.
    return {"type": "mrkdwn", "text": head + escape(text, limit - len(head)), "verbatim": True}
