"""What AWS says where it denies a call."""

from __future__ import annotations

import re
from typing import Final

_ACTION: Final = re.compile(r"not authorized to perform: ([a-z0-9-]+:[A-Za-z]+)")
"""Most services name it (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html)."""


def action_in(text: str) -> str | None:
    """The action of IAM that a denial names."""
    found = _ACTION.search(text)
    return found[1] if found else None
