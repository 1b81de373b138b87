"""Flags: which there are, and what a user gets of each, with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from edgeship.console.desk import Desk
from edgeship.console.rendering import page
from edgeship.domain.errors import Refused
from edgeship.domain.flags.answer import Answer
from edgeship.domain.flags.evaluation.compile_flags import ContextInvalid
from edgeship.domain.flags.records.flag_record import SHARED_KEYS, Document
from edgeship.domain.strict_json import NotJson, parse

MAX_CONTEXT = 10_000
"""Characters of the attributes that a person types."""


@dataclass(frozen=True)
class FlagRow:
    """A flag in the list. A record of an earlier version may hold anything: `document` has what can be read."""

    key: str
    document: Document
    fault: str | None
    changed_at: str | None
    left_out: str | None = None

    @property
    def on(self) -> bool:
        return self.document.get("enabled", True) is not False

    @property
    def rollout(self) -> str:
        found = self.document.get("rollout")
        if not isinstance(found, Mapping):
            return "-"
        scheduled = ", scheduled" if found.get("schedule") else ""
        return f"{found.get('variant')} {found.get('percentage', 0)} %{scheduled}"

    @property
    def environments(self) -> str:
        found = self.document.get("environments")
        return ", ".join(map(str, found)) if isinstance(found, list | tuple) and found else "all"


class FlagPages:
    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def listed(self, request: Request) -> Response:
        asked = request.query_params.get("q", "").strip()[:200]
        rows = [
            FlagRow(record.key, record.document, record.fault, record.changed_at)
            for record in self._desk.operator.state.flags()
            if record.document is not None and record.key not in SHARED_KEYS
        ]
        shown = [row for row in rows if asked.casefold() in row.key.casefold()]
        return page(
            self._desk,
            request,
            "flags.html",
            rows=shown,
            count=len(rows),
            asked=asked,
            may_act=not self._desk.read_only,
        )

    def evaluated(self, request: Request) -> Response:
        """What a user gets: the answers of the edge, by the flags of the table."""
        user = request.query_params.get("user", "")[:500]
        attributes = request.query_params.get("attributes", "")[:MAX_CONTEXT]
        only = request.query_params.get("q", "").strip()[:200]
        answers: list[Answer] = []
        failure = None
        if user or attributes.strip():
            found = self._desk.part(lambda: self._answers(user, attributes))
            failure, answers = found.failure, found.value or []
        shown = [answer for answer in answers if only.casefold() in answer.key.casefold()]
        return page(
            self._desk,
            request,
            "evaluate.html",
            user=user,
            attributes=attributes,
            asked=only,
            answers=shown,
            failure=failure,
            evaluated=bool(answers),
        )

    def _answers(self, user: str, attributes: str) -> list[Answer]:
        try:
            return self._desk.operator.evaluate(context_of(user, attributes))
        except ContextInvalid as invalid:
            raise Refused("context_invalid", f"The attributes: {invalid}.", "A targetingKey is a text.") from None


def context_of(user: str, attributes: str) -> dict[str, Any]:
    """The context of an evaluation.

    Raises:
        Refused: `context_invalid`.
    """
    found: Any = {}
    if attributes.strip():
        try:
            found = parse(attributes)
        except NotJson as fault:
            raise Refused("context_invalid", f"The attributes are no JSON: {fault}.", _WRITE) from None
    if not isinstance(found, dict):
        raise Refused("context_invalid", "The attributes are no object.", _WRITE)
    return {**found, **({"targetingKey": user} if user else {})}


_WRITE = f"Write them as an object: {json.dumps({'country': 'JP', 'plan': 'pro'})}."
