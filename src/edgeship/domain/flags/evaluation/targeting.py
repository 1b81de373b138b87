"""The step of a flag's evaluation that asks a rule of JsonLogic; see stages.py for what a stage is."""

from __future__ import annotations

from edgeship.domain.flags.answer import GENERAL, PARSE_ERROR, error
from edgeship.domain.flags.logic.javascript import LogicError
from edgeship.domain.flags.logic.jsonlogic import compile_logic, variant_of
from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from edgeship.domain.flags.answer import Answer
    from edgeship.domain.flags.evaluation.stages import Context, Stage
    from edgeship.domain.flags.work import Work


def targeting(key: str, rule: object, answers: dict[str, Answer], following: Stage) -> Stage:
    """The variant that the JsonLogic `rule` names; null decides nothing.

    Raises:
        Malformed: the rule isn't one.
    """
    evaluate = compile_logic(rule)
    failed, unknown = error(key, PARSE_ERROR), error(key, GENERAL)

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        spend(work, len(context) >> 2)
        data = {**context, "$flagd": {"flagKey": key, "timestamp": int(now)}}
        try:
            variant = variant_of(evaluate(data, work))
        except (LogicError, RecursionError):
            return failed
        if variant is None:
            return following(context, user, now, work)
        return answers.get(variant, unknown)

    return decide
