"""Layers: flags with ranges of one layer's buckets, which exclude each other. See stages.py for what a stage is."""

from __future__ import annotations

from hashlib import sha256

from edgeship.domain.bucketing import BUCKETS, bucket_of, encode, unpack_digest
from edgeship.domain.flags.answer import DEFAULT, SPLIT
from edgeship.domain.flags.evaluation.bucket_by import identity
from edgeship.domain.flags.evaluation.stages import LONG_NAME
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.answer import Answer
    from edgeship.domain.flags.evaluation.bucket_by import Find
    from edgeship.domain.flags.evaluation.stages import Context, Stage
    from edgeship.domain.flags.work import Work


def salt_of(layer: str) -> bytes:
    """What is hashed with a user for the bucket in a layer; no flag's key has a colon, so it is no flag's own salt."""
    return encode(f"layer:{layer}")


def in_layer(
    layer: dict[str, Any], find: Find | None, inside: Stage, outside: Callable[[str], Answer], missing: Answer
) -> Stage:
    """`inside` for the users in the range of an entry's layer.

    Args:
        layer: `{"name", "from", "to"}`, the range in hundredths of a per cent.
        find: the attribute that has the bucket in place of the user.
        inside: what follows.
        outside: the answer of all others, by its reason.
        missing: the answer without an identity.

    Raises:
        Malformed: it is no layer.
    """
    name, start, end = layer.get("name"), layer.get("from"), layer.get("to")
    if type(name) is not str or type(start) is not int or type(end) is not int or not 0 <= start < end <= BUCKETS:
        raise Malformed("the layer is not a name and a range")
    salt, others, without = salt_of(name), outside(SPLIT), outside(DEFAULT)

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        who = user if find is None else identity(find(context))
        if who is None:
            return missing if find is None else without
        if len(who) > LONG_NAME:
            spend(work, len(who) >> 6)
        if start <= bucket_of(unpack_digest(sha256(who + salt).digest())[0]) < end:
            return inside(context, user, now, work)
        return others

    return decide
