"""docs/notifications.md shows what receivers get."""

from __future__ import annotations

import json
import re
from typing import Any

from edgeship.adapters.notify.slack import slack_message
from edgeship.adapters.notify.webhooks import webhook_payload
from edgeship.domain.channels.channel import Channel, Lock
from edgeship.domain.events import EventType
from edgeship.domain.notifications.notice import notice_of
from edgeship.domain.version import Version
from tests.support.event_samples import sample
from tests.support.repository import ROOT

TEXT = (ROOT / "docs" / "notifications.md").read_text()
CHANNEL = Channel("checkout", "latest", Version.parse("1.4.2"), 12, lock=Lock("", "", ""))
NOTICE = notice_of(sample(EventType.ROLLOUT_ABORTED), CHANNEL)


def shown(after: str) -> Any:
    """The first JSON document behind a text."""
    found = re.search(r"```json\n(.+?)```", TEXT.partition(after)[2], flags=re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def test_the_payload_of_a_webhook_is_as_documented() -> None:
    assert webhook_payload(NOTICE) == shown("<!-- webhook -->")


def test_the_message_for_slack_is_as_documented() -> None:
    assert slack_message(NOTICE) == shown("<!-- slack -->")


def test_the_file_is_the_example() -> None:
    assert json.loads((ROOT / "examples" / "notifications.json").read_text()) == shown("## The file")
