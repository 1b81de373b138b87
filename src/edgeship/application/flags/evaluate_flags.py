"""What a user gets of every flag, and why: as the edge answers, by the flags of the table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from edgeship.application.flags.ports import FlagState
from edgeship.application.ports import Clock
from edgeship.domain.flags.answer import Answer
from edgeship.domain.flags.evaluation.compile_flags import compile_flags
from edgeship.domain.flags.flags_snapshot import entries_of, flag_entries
from edgeship.domain.flags.records.flag_record import Document


@dataclass(frozen=True)
class UserChange:
    """What a user gets of a flag before and after a change of it."""

    user: str
    before: Answer
    after: Answer

    @property
    def changes(self) -> bool:
        """Whether code that asks for the flag sees something else."""
        return self.before.document().get("value") != self.after.document().get("value")


@dataclass(frozen=True)
class EvaluateFlags:
    state: FlagState
    clock: Clock
    environment: str

    def __call__(self, context: Mapping[str, Any]) -> list[Answer]:
        """One answer a flag, private ones too, by key.

        Raises:
            ContextInvalid: its targetingKey is no text.
        """
        flags = compile_flags(flag_entries(self.state.flags()), self.environment)
        return flags.evaluate_all(dict(context), self.clock().timestamp(), public_only=False)

    def compare(self, key: str, changed: Document, contexts: Iterable[Mapping[str, Any]]) -> list[UserChange]:
        """For each context, what its user gets of a flag now, and would get of the changed one. Nothing is written."""
        documents = {record.key: record.document for record in self.state.flags() if record.document is not None}
        now = self.clock().timestamp()
        before, after = (
            compile_flags(entries_of(each), self.environment) for each in (documents, {**documents, key: changed})
        )
        return [
            UserChange(
                str(context.get("targetingKey", "")),
                before.evaluate(key, dict(context), now),
                after.evaluate(key, dict(context), now),
            )
            for context in contexts
        ]
