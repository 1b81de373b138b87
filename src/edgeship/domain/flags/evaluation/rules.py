"""The rules of a flag, compiled: conditions on the context, and the variant or the split that they lead to."""

from __future__ import annotations

from math import inf

from edgeship.domain.bucketing import bucket_of, sha256, share_ends, unpack_digest
from edgeship.domain.flags.answer import SPLIT, TARGETING_MATCH
from edgeship.domain.flags.evaluation import stages
from edgeship.domain.flags.evaluation.conditions import NEGATED, compile_condition
from edgeship.domain.flags.malformed import Malformed, a_list, a_number, an_object
from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.answer import Answer
    from edgeship.domain.flags.evaluation.compile_flag import Compilation
    from edgeship.domain.flags.evaluation.stages import Condition, Conditions, Context, Screen, Stage
    from edgeship.domain.flags.work import Work

_NO_SCREEN: Screen = ("", frozenset(), True)
"""Rules nothing out."""


def compile_rules(documents: list[Any], flag: Compilation) -> tuple[list[Screen], Conditions, list[Stage]]:
    """The screens, the conditions and what decides, of each rule.

    Raises:
        Malformed: the documents are no rules.
    """
    screens, every, outcomes = [], [], []
    for document in documents:
        rule = an_object(document, "a rule")
        asked = a_list(rule.get("if"), "if")
        conditions = [_condition(condition, flag.conditions) for condition in asked]
        if rule.get("bucket_by") is not None:
            from edgeship.domain.flags.evaluation.bucket_by import finder_of, has_bucket

            conditions.append(has_bucket(finder_of(rule)))
        screens.append(_screen(asked[0]) if asked else _NO_SCREEN)
        every.append(tuple(conditions))
        outcomes.append(_outcome(rule, flag))
    return screens, tuple(every), outcomes


def _condition(document: object, known: dict[object, Condition]) -> Condition:
    """The condition; of equal ones in several flags one function, so that a bulk can ask it once."""
    values = document.get("values") if type(document) is dict and "not" not in document else None
    if type(values) is not list or type(document) is not dict:
        return compile_condition(document)
    # With their types: in Python true is 1.
    identity = (document.get("attribute"), document.get("op"), *values, *map(type, values))
    try:
        found = known.get(identity)
    except TypeError:  # a value without a hash
        return compile_condition(document)
    if found is None:
        found = known[identity] = compile_condition(document)
    return found


def _screen(condition: dict[str, Any]) -> Screen:
    if "not" in condition or condition["op"] not in ("in", "eq", "not_in", "ne") or "." in condition["attribute"]:
        return _NO_SCREEN
    values = condition.get("values", [])
    if not all(type(value) is str for value in values):
        return _NO_SCREEN
    return condition["attribute"], frozenset(values), condition["op"] in NEGATED


def _outcome(rule: dict[str, Any], flag: Compilation) -> Stage:
    if "split" not in rule:
        return stages.constantly(flag.named("variant", rule, TARGETING_MATCH))
    weights = []
    for variant, weight in in_order(rule["split"]):
        if not a_number(weight, "a weight") >= 0:
            raise Malformed("a weight is negative")
        weights.append((weight, flag.answer(variant, SPLIT)))
    if not 0 < sum(weight for weight, _ in weights) < inf:
        raise Malformed("the weights add up to nothing")
    return flag.bucketed(rule, _split(flag.salt_of(rule), weights, flag.missing), stages.constantly(flag.missing))


def _split(salt: bytes, weights: list[tuple[float, Answer]], missing: Answer) -> Stage:
    """Each answer gets its share of the buckets, in the order given.

    The first one gets the buckets that a rollout of the same percentage would include.
    """
    ends = share_ends([weight for weight, _ in weights])
    shares = [(end, answer) for end, (_, answer) in zip(ends, weights, strict=True)]

    def decide(_context: Context, user: bytes | None, _now: float, work: Work) -> Answer:
        if user is None:
            return missing
        if len(user) > stages.LONG_NAME:
            spend(work, len(user) >> 6)
        place = bucket_of(unpack_digest(sha256(user + salt).digest())[0])
        for end, answer in shares:
            if place < end:
                return answer
        raise AssertionError("the last share ends with the last bucket")

    return decide


def in_order(split: object) -> list[tuple[str, float]]:
    """The variants and weights of an entry's split, in the order of the buckets. A list has that order; an object has
    the order of its names, which is all that earlier versions of the edge function read.

    Raises:
        Malformed: it is neither.
    """
    if type(split) is dict:
        return sorted(split.items())
    pairs = a_list(split, "split")
    if not all(type(pair) is list and len(pair) == 2 and type(pair[0]) is str for pair in pairs):
        raise Malformed("a part of split is not a variant and its weight")
    return [(variant, weight) for variant, weight in pairs]
