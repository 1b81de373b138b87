"""Writes mismatches.json anew."""

from __future__ import annotations

import json

from tests.conformance.jsonlogic.cases import MISMATCHES, cases

mismatches = [json.dumps(case.mismatch()) for case in cases() if not case.passes()]
MISMATCHES.write_text("[\n" + ",\n".join(mismatches) + "\n]\n")
