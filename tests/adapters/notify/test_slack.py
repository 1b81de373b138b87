"""Messages for Slack: whole, pinned by slack_messages.json, and within Slack's limits whatever a notice holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeship.adapters.notify.slack import (
    MAX_BLOCKS,
    MAX_FIELD,
    MAX_FIELDS,
    MAX_HEADER,
    MAX_TEXT,
    escape,
    slack_message,
)
from tests.support.notices import notices

GOLDEN = json.loads(Path(__file__).with_name("slack_messages.json").read_text())
NOTICES = notices()


@pytest.mark.parametrize("name", NOTICES)
def test_a_message_is_as_it_is_written_down(name: str) -> None:
    assert slack_message(NOTICES[name]) == GOLDEN[name]


def test_a_message_is_written_down_for_each() -> None:
    assert GOLDEN.keys() == NOTICES.keys()


@settings(max_examples=40)
@given(
    title=st.text(min_size=1, max_size=200),
    mismatches=st.lists(st.text(min_size=1, max_size=300), max_size=11),
    length=st.sampled_from([1, 200, 4_000]),
    now=st.none() | st.text(min_size=1, max_size=200),
)
def test_a_message_keeps_to_the_limits(title: str, mismatches: list[str], length: int, now: str | None) -> None:
    facts = [(label, length * "&") for label in ("environment", "cause", "by", "at", "analysis", "next")]
    facts += [("mismatch", text) for text in mismatches]
    message = slack_message(replace(NOTICES["test"], title=title, facts=tuple(facts), now=now))
    assert 0 < len(message["blocks"]) <= MAX_BLOCKS
    assert 0 < len(message["text"]) <= MAX_TEXT
    for block in message["blocks"]:
        assert len(block.get("fields", ())) <= MAX_FIELDS
        assert len(block.get("elements", ())) <= 10
        assert all(len(each["text"]) <= MAX_FIELD for each in block.get("fields", ()))
        assert all(0 < len(each["text"]) <= MAX_TEXT for each in _texts(block))
        if block["type"] == "header":
            assert len(block["text"]["text"]) <= MAX_HEADER


@given(text=st.text(st.sampled_from("ab&<>;")), limit=st.integers(1, 40))
def test_escaping_leaves_no_control_character_and_no_half_entity(text: str, limit: int) -> None:
    escaped = escape(text, limit)
    assert len(escaped) <= limit
    plain = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert plain == text or (plain.endswith("…") and text.startswith(plain[:-1]))
    assert not set(escaped) & {"<", ">"}


def _texts(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from block.get("fields", ())
    yield from block.get("elements", ())
    if "text" in block:
        yield block["text"]
