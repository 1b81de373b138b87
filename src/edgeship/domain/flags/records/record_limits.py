"""How large one flag may be: in the table, and in the event of its change, which has the old and the new one.

- an item of the table has at most 400 KB with its keys
  (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)
- an entry of PutEvents has at most 256 KB
  (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

MAX_STORED_BYTES = 350 * 1024
MAX_SHOWN_BYTES = 100 * 1024
"""Two of them, with who changed it and why, fit into one event."""


def stored_text(document: Mapping[str, Any]) -> str:
    """The document as the table has it.

    Raises:
        ValueError: it holds a number that JSON has not.
    """
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def shown(key: str, document: Mapping[str, Any]) -> dict[str, Any]:
    """The document in events. Target users are counted, not named: events go to people and to other systems."""
    fields = {name: value for name, value in document.items() if name != "target_users"}
    users = document.get("target_users")
    return {"key": key, **fields, **({"target_users": len(users)} if users and isinstance(users, list) else {})}


def shown_bytes(key: str, document: Mapping[str, Any]) -> int:
    """How much of an event it takes.

    Raises:
        ValueError: it holds a number that JSON has not.
    """
    return len(json.dumps(shown(key, document), allow_nan=False))
