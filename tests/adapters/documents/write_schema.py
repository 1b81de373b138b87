"""Writes docs/schemas/edgeship.schema.json again: python -m tests.adapters.documents.write_schema."""

from __future__ import annotations

import json

from edgeship.adapters.documents.declarations import json_schema
from tests.support.repository import ROOT

if __name__ == "__main__":
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False)
    (ROOT / "docs" / "schemas" / "edgeship.schema.json").write_text(text + "\n")
