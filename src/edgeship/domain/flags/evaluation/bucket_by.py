"""Percentages of another attribute's values than `targetingKey`: all users of an organization get one variant."""

from __future__ import annotations

from edgeship.domain.bucketing import encode
from edgeship.domain.flags.malformed import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.answer import Answer
    from edgeship.domain.flags.evaluation.stages import Condition, Context, Stage
    from edgeship.domain.flags.work import Work

    Find = Callable[[Context], object]

MAX_NUMBER = 2**53 - 1
"""Above it, JSON's readers don't agree on whole numbers (RFC 8259, section 6)."""


def identity(value: object) -> bytes | None:
    """What of an attribute is hashed: a text with something in it as it is, a whole number in decimal digits.

    None for all others, which have no bucket.
    """
    if type(value) is str and value:
        return encode(value)
    if type(value) is float and value.is_integer():
        value = int(value)
    if type(value) is int and -MAX_NUMBER <= value <= MAX_NUMBER:
        return str(value).encode()
    return None


def finder_of(part: dict[str, Any]) -> Find:
    from edgeship.domain.flags.evaluation.conditions import finder

    if type(part["bucket_by"]) is not str:
        raise Malformed("bucket_by is not a string")
    return finder(part["bucket_by"])


def has_bucket(find: Find) -> Condition:
    """Whether the context has the attribute."""
    return lambda context, _work: identity(find(context)) is not None


def by_attribute(find: Find, stage: Stage, without: Stage) -> Stage:
    """`stage`, with the attribute in place of the user; `without` where the context has none."""

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        name = identity(find(context))
        return without(context, user, now, work) if name is None else stage(context, name, now, work)

    return decide
