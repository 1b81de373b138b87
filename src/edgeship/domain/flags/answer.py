"""One flag's answer, and its JSON as OFREP 0.3 writes it.

Source: https://github.com/open-feature/protocol (service/openapi.yaml).
"""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

STATIC = "STATIC"
DEFAULT = "DEFAULT"
TARGETING_MATCH = "TARGETING_MATCH"
SPLIT = "SPLIT"
DISABLED = "DISABLED"
ERROR = "ERROR"

FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
PARSE_ERROR = "PARSE_ERROR"
TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
INVALID_CONTEXT = "INVALID_CONTEXT"
GENERAL = "GENERAL"

DETAILS = {
    FLAG_NOT_FOUND: "there is no such flag",
    PARSE_ERROR: "the flag's definition is malformed, or its targeting went over its limits",
    TARGETING_KEY_MISSING: "the flag splits users by context.targetingKey, and there is none",
    INVALID_CONTEXT: "the context is not an object, or its targetingKey is not a string",
    GENERAL: "the flag's targeting names no variant of it",
}
"""What an error code means, for people; constant, so that the size of an answer is known beforehand."""


class Answer:
    """A value with its variant and reason, or an error code (then `value` and `variant` are None, `reason` ERROR).

    Without either, the client uses the default in its own code: `value` and `variant` are None.

    Answers are shared between evaluations: don't change one, or its value or metadata.
    """

    __slots__ = ("_text", "error_code", "key", "metadata", "reason", "value", "variant")

    def __init__(
        self,
        key: str,
        value: Any,
        variant: str | None,
        reason: str,
        metadata: dict[str, Any] | None = None,
        error_code: str | None = None,
    ) -> None:
        self.key = key
        self.value = value
        self.variant = variant
        self.reason = reason
        self.metadata = metadata
        self.error_code = error_code
        self._text: str | None = None

    @property
    def error_details(self) -> str | None:
        return None if self.error_code is None else DETAILS[self.error_code]

    def document(self) -> dict[str, Any]:
        """The answer's JSON object."""
        if self.error_code is not None:
            return {"key": self.key, "errorCode": self.error_code, "errorDetails": DETAILS[self.error_code]}
        document = {"key": self.key, "value": self.value, "reason": self.reason, "variant": self.variant}
        if self.variant is None:
            # As flagd does: OFREP's provider for Python fails without the member.
            document = {"key": self.key, "reason": self.reason, "variant": ""}
        if self.metadata:
            document["metadata"] = self.metadata
        return document

    def text(self) -> str:
        """The answer's JSON, all ASCII, written once."""
        if self._text is None:
            self._text = json.dumps(self.document(), separators=(",", ":"))
        return self._text


def error(key: str, code: str) -> Answer:
    """The answer that there is none, for one of the reasons in `DETAILS`."""
    return Answer(key, None, None, ERROR, error_code=code)


def bulk_text(answers: Iterable[Answer], flag_set: str | None = None) -> str:
    """The JSON body of a bulk answer, all ASCII; OpenFeature's telemetry calls the set `flagSetId`."""
    metadata = "{}" if flag_set is None else json.dumps({"flagSetId": flag_set}, separators=(",", ":"))
    return '{"flags":[' + ",".join([answer.text() for answer in answers]) + '],"metadata":' + metadata + "}"
