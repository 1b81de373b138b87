"""What users get of a flag that was switched, for people and for programs."""

from __future__ import annotations

import json
from typing import Any

from edgeship.domain.flags.records.flag_record import Document
from edgeship.domain.flags.snapshot_entry import off_variant, wire_variants


def users_get_of(flag: Document) -> tuple[dict[str, Any] | None, str]:
    """The variant and value that everybody gets from now on, None while users get different ones; and a sentence."""
    if flag.get("enabled", True):
        return None, "users get what its rules say from now on"
    variant = off_variant(flag)
    if variant is None:
        return {"variant": None, "value": None}, "users get the default in each client's code from now on"
    value = wire_variants(flag["variants"])[variant]
    shown = json.dumps(value, ensure_ascii=False)
    return {"variant": variant, "value": value}, f"users get {variant} from now on: {shown}"
