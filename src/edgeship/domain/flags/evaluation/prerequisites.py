"""Flags that a flag requires: each has to answer its variant for the same context, or the flag is off.

- a required flag that the snapshot has not, that answers an error or no variant, is unmet; private flags count
- a chain of requirements has at most `MAX_DEPTH` of them, and no cycle; flags beyond it can't be compiled
- a required flag is evaluated once an answer, however many flags require it
"""

from __future__ import annotations

from edgeship.domain.flags.answer import PARSE_ERROR, Answer, error
from edgeship.domain.flags.malformed import Malformed, an_object
from edgeship.domain.flags.work import OutOfWork, spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from edgeship.domain.flags.evaluation.stages import Compiled, Context, Stage
    from edgeship.domain.flags.work import Work

MAX_DEPTH = 5
"""Requirements in a chain."""


def requirements(document: object) -> dict[str, str]:
    """The variant of each flag that an entry requires.

    Raises:
        Malformed: they are no such object.
    """
    requires = an_object(document, "requires")
    if not all(type(variant) is str for variant in requires.values()):
        raise Malformed("a required variant is not a string")
    return requires


def too_deep(requires: Mapping[str, Iterable[str]]) -> set[str]:
    """The flags whose chain is longer than `MAX_DEPTH`, or never ends; `requires` has the keys that each requires."""
    waiting = {key: set(others) & requires.keys() for key, others in requires.items()}
    for _ in range(MAX_DEPTH):
        settled = {key for key, others in waiting.items() if not others & waiting.keys()}
        waiting = {key: others for key, others in waiting.items() if key not in settled}
    return set(waiting)


def required(wanted: dict[str, str], flags: Mapping[str, Compiled], unmet: Answer, following: Stage) -> Stage:
    """`following`, if every flag of `wanted` answers that variant; `flags` may be filled later."""
    items = list(wanted.items())

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        for key, variant in items:
            spend(work, 1)
            flag = flags.get(key)
            if flag is None:
                return unmet
            # Each flag that another one requires is an answer or a stage: see `once`.
            answer = flag if isinstance(flag, Answer) else flag(context, user, now, work)  # type: ignore[operator]
            if answer.error_code is not None or answer.variant != variant:
                return unmet
        return following(context, user, now, work)

    return decide


def once(key: str, stage: Stage) -> Stage:
    """The stage, evaluated once for each answer, which its list of work identifies; a failure is kept as well."""
    failed = error(key, PARSE_ERROR)
    seen: list[tuple[Work, Answer]] = []

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        for known, answer in seen:
            if known is work:
                return answer
        try:
            answer = stage(context, user, now, work)
        except (OutOfWork, Malformed):
            answer = failed
        seen[:] = [(work, answer)]
        return answer

    return decide
