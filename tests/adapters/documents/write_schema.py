"""Writes the schemas in docs/schemas that come from a model again: python -m tests.adapters.documents.write_schema."""

from __future__ import annotations

import json

from edgeship.adapters.documents import declarations, flags_file, notifications_file
from tests.support.repository import ROOT

SCHEMAS = {
    "edgeship": declarations.json_schema,
    "flags": flags_file.json_schema,
    "notifications": notifications_file.json_schema,
}

if __name__ == "__main__":
    for name, schema in SCHEMAS.items():
        text = json.dumps(schema(), indent=2, ensure_ascii=False)
        (ROOT / "docs" / "schemas" / f"{name}.schema.json").write_text(text + "\n")
