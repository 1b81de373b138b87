"""The steps of a flag's evaluation, each a function that decides or asks the next one.

A stage takes (context, user, now, work): the context with its `targetingKey`, if there is an identity at all; that
identity's UTF-8 bytes or None; the time in epoch seconds; and the steps that the answer may still take, which
OutOfWork ends.
"""

from __future__ import annotations

from edgeship.domain.bucketing import BUCKETS, bucket_of, sha256, unpack_digest
from edgeship.domain.flags.answer import Answer
from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from edgeship.domain.flags.work import Work

    Context = dict[str, Any]
    Stage = Callable[[Context, bytes | None, float, Work], Answer]
    Condition = Callable[[Context, Work], bool]
    Conditions = tuple[tuple[Condition, ...], ...]
    """Of each rule, all of which have to hold."""
    Screen = tuple[str, frozenset[str], bool]
    """What rules a rule out without a call: an attribute, texts, and whether one of them rules it out, or anything else
    does. A list and an object, which have no hash, leave it open."""

    Unusual = tuple[frozenset[bytes], Answer, Conditions, list[Stage], Stage | Answer]
    """The target users' tokens, their answer, the conditions of the rules, what these decide, and what decides without
    an identity."""
    Plain = tuple[bytes, frozenset[int], list[Screen], int, int, Answer, Answer, Unusual]
    """Target users, rules and a percentage, in this order, as most flags are: one digest tells all of it. The salt, the
    first bytes of the tokens, the screens of the rules, the percentage (its whole part, its hundredths), the answers
    inside of it and outside, and what few answers come to."""
    Compiled = Answer | Stage | Plain


LONG_NAME = 256
"""Bytes of an identity that are hashed without being counted as steps."""


def constantly(answer: Answer) -> Stage:
    return lambda _context, _user, _now, _work: answer


def rollout(salt: bytes, threshold: int, inside: Answer, outside: Answer, missing: Answer) -> Stage:
    """The buckets below `threshold` are inside; nobody has to be known when that is nobody or everybody."""
    if not 0 < threshold < BUCKETS:
        return constantly(inside if threshold else outside)

    def decide(_context: Context, user: bytes | None, _now: float, work: Work) -> Answer:
        if user is None:
            return missing
        if len(user) > LONG_NAME:
            spend(work, len(user) >> 6)
        return inside if bucket_of(unpack_digest(sha256(user + salt).digest())[0]) < threshold else outside

    return decide


def scheduled(first: Stage, steps: list[tuple[float, Stage]]) -> Stage:
    """`first`, until the time of a step has come; the latest such step then. Steps are in order of time."""
    latest_first = steps[::-1]

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        for at, stage in latest_first:
            if at <= now:
                return stage(context, user, now, work)
        return first(context, user, now, work)

    return decide


def targets(salt: bytes, tokens: frozenset[bytes], target: Answer, following: Stage) -> Stage:
    """The users whose tokens (see edgeship.domain.bucketing.user_token) are listed."""

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        if user is not None:
            if len(user) > LONG_NAME:
                spend(work, len(user) >> 6)
            if unpack_digest(sha256(user + salt).digest())[1] in tokens:
                return target
        return following(context, user, now, work)

    return decide


def first_to_hold(conditions: Conditions, context: Context, work: Work) -> int | None:
    """The place of the first rule whose conditions all hold, None without one. Raises OutOfWork."""
    for place, rule in enumerate(conditions):
        for condition in rule:
            if not condition(context, work):
                break
        else:
            return place
    return None


def rules(conditions: Conditions, outcomes: list[Stage], following: Stage) -> Stage:
    """What the first rule decides whose conditions all hold."""

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        place = first_to_hold(conditions, context, work)
        return (following if place is None else outcomes[place])(context, user, now, work)

    return decide


def decide_plain(flag: Plain, context: Context, user: bytes | None, now: float, work: Work) -> Answer:
    """The answer of a plain flag. Raises OutOfWork."""
    salt, _, _, whole, rest, inside, outside, (tokens, target, conditions, outcomes, unknown) = flag
    if user is None:
        return unknown if isinstance(unknown, Answer) else unknown(context, None, now, work)
    if len(user) > LONG_NAME:
        spend(work, len(user) >> 6)
    h, token = unpack_digest(sha256(user + salt).digest())
    if token in tokens:
        return target
    place = first_to_hold(conditions, context, work) if conditions else None
    if place is not None:
        return outcomes[place](context, user, now, work)
    return inside if bucket_of(h) < whole * 100 + rest else outside


def plain_stage(flag: Plain) -> Stage:
    """A plain flag where a stage is needed: behind dates, or where another flag requires it."""
    return lambda context, user, now, work: decide_plain(flag, context, user, now, work)


def between(start: float | None, end: float | None, outside: Answer, following: Stage) -> Stage:
    """Whether start <= now < end; a None bounds nothing."""

    def decide(context: Context, user: bytes | None, now: float, work: Work) -> Answer:
        if (start is not None and now < start) or (end is not None and now >= end):
            return outside
        return following(context, user, now, work)

    return decide
