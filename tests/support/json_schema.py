"""Documents against the JSON Schemas in docs/schemas."""

from __future__ import annotations

from typing import Any


def faults(document: object, schema: dict[str, Any]) -> list[str]:
    """What cfn-lint's JSON Schema validator finds; as in CloudFormation, it takes a null for a missing field."""
    from cfnlint.jsonschema import StandardValidator  # its import takes seconds

    return [fault.message for fault in StandardValidator(schema).iter_errors(document)]
