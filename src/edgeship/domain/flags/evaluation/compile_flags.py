"""All flags of a snapshot, compiled once, and evaluated many times."""

from __future__ import annotations

import gc

from edgeship.domain.bucketing import encode, sha256, unpack_head
from edgeship.domain.flags.answer import FLAG_NOT_FOUND, INVALID_CONTEXT, PARSE_ERROR, Answer, error
from edgeship.domain.flags.evaluation.compile_flag import compile_flag
from edgeship.domain.flags.evaluation.stages import first_to_hold, plain_stage
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import MAX_STEPS, OutOfWork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.evaluation.stages import Compiled, Condition, Conditions, Context, Stage
    from edgeship.domain.flags.work import Work

    Member = tuple[int, bytes, frozenset[int], frozenset[bytes], Answer, int, int, Answer, Answer, list[Stage]]
    """A plain flag of a group: its place, and what of it does not depend on the group's conditions."""

MAX_KEY_IN_ANSWER = 128
"""Characters of an unknown key that the answer repeats."""

_FAILED = -1
"""In place of a rule: its conditions ended with an error."""


class FlagsInvalid(Exception):
    """The snapshot's flags are not an object."""


class ContextInvalid(Exception):
    """The context of a bulk evaluation is not an object, or its targetingKey is not a string: INVALID_CONTEXT."""


def compile_flags(documents: object, environment: str) -> Flags:
    """Compile `{key: entry}`, the entries as `edgeship.domain.flags.snapshot_entry` makes them; None stands for none.

    A malformed flag doesn't harm the others: it answers PARSE_ERROR, and `malformed` says why.

    Raises:
        FlagsInvalid: the documents are not an object.
    """
    if documents is not None and type(documents) is not dict:
        raise FlagsInvalid("the flags are not an object")
    # All that is made here stays: collecting garbage meanwhile finds none, and takes longer than the rest.
    collects = gc.isenabled()
    gc.disable()
    try:
        return Flags(documents or {}, environment)
    finally:
        if collects:
            gc.enable()


class Flags:
    """The flags of one environment, in the order of their documents. Evaluation changes nothing.

    An answer takes at most `MAX_STEPS`, for all flags together; a flag for which none are left answers PARSE_ERROR.

    `decide_plain` is written out in both methods, where `bucket_of(h) < threshold` goes digit by digit: calls
    would cost half as much as all the rest.
    """

    __slots__ = ("_all", "_bulk_all", "_bulk_sets", "_plain", "_public", "_public_plain", "malformed")

    def __init__(self, documents: dict[str, Any], environment: str) -> None:
        self._all: dict[str, Compiled] = {}
        self._public: dict[str, Compiled] = {}
        conditions: dict[object, Condition] = {}
        sets: dict[str | None, dict[str, Compiled]] = {}
        self.malformed: dict[str, str] = {}
        """The fault of each flag that always answers PARSE_ERROR, by key."""
        requires = _requires(documents)
        required = frozenset[str]().union(*requires.values())
        if requires:
            from edgeship.domain.flags.evaluation.prerequisites import once, too_deep

            self.malformed.update(dict.fromkeys(too_deep(requires), "it requires itself, or too many in a chain"))
        for key, document in documents.items():
            try:
                compiled = compile_flag(key, document, environment, self._all, conditions)
            except Malformed as fault:
                self.malformed[key] = str(fault)
            if key in self.malformed:
                compiled = error(key, PARSE_ERROR)
            elif key in required and not isinstance(compiled, Answer):
                compiled = once(key, plain_stage(compiled) if isinstance(compiled, tuple) else compiled)
            self._all[key] = compiled
            if type(document) is not dict or document.get("public", True) is not False:
                self._public[key] = compiled
                flag_set = document.get("flag_set") if type(document) is dict else None
                sets.setdefault(flag_set if type(flag_set) is str else None, {})[key] = compiled
        self._plain = {key: flag for key, flag in self._all.items() if isinstance(flag, tuple)}
        self._public_plain = {key: flag for key, flag in self._plain.items() if key in self._public}
        self._bulk_all = _Bulk(self._all)
        self._bulk_sets = {flag_set: _Bulk(flags) for flag_set, flags in sets.items()}

    def __len__(self) -> int:
        return len(self._all)

    def has(self, key: str, flag_set: str) -> bool:
        """Whether a public flag is in a flag set."""
        bulk = self._bulk_sets.get(flag_set)
        return bulk is not None and key in bulk.keys

    def evaluate(
        self, key: str, context: Any, now: float, fallback_identity: str | None = None, *, public_only: bool = False
    ) -> Answer:
        """One flag's answer for a context.

        Args:
            key: the flag's key.
            context: JSON's object with the attributes, `targetingKey` among them.
            now: the time, in epoch seconds.
            fallback_identity: who the user is when the context doesn't say; has to be stable for a user.
            public_only: answer FLAG_NOT_FOUND for flags that aren't public.
        """
        plain = (self._public_plain if public_only else self._plain).get(key)
        if plain is None:
            return self._evaluate(key, context, now, fallback_identity, public_only)
        salt, heads, screens, whole, rest, inside, outside, (tokens, target, conditions, outcomes, _) = plain
        try:
            name = context["targetingKey"].encode()
            digest = sha256(name + salt).digest()
        except (AttributeError, KeyError, TypeError, UnicodeEncodeError):
            name = b""
        if not name:
            return self._evaluate(key, context, now, fallback_identity, public_only)
        h, head = unpack_head(digest)
        if head in heads and digest[4:20] in tokens:
            return target
        percent = h % 100
        answer = inside if percent < whole or (rest and percent == whole and h // 100 % 100 < rest) else outside
        try:
            for attribute, texts, negated in screens:
                if (context.get(attribute) in texts) is not negated:
                    return _by_rules(conditions, outcomes, answer, context, name, now)
        except TypeError:  # a list or an object, which has no hash
            return _by_rules(conditions, outcomes, answer, context, name, now)
        return answer

    def _evaluate(self, key: str, context: object, now: float, fallback: str | None, public_only: bool) -> Answer:
        """One flag's answer, whatever the flag and the context are."""
        compiled = (self._public if public_only else self._all).get(key)
        if compiled is None:
            return error(key[:MAX_KEY_IN_ANSWER], FLAG_NOT_FOUND)
        try:
            known, name = _identify(context, fallback)
        except ContextInvalid:
            return error(key, INVALID_CONTEXT)
        if isinstance(compiled, Answer):
            return compiled
        if isinstance(compiled, tuple):
            compiled = plain_stage(compiled)
        try:
            return compiled(known, name, now, [MAX_STEPS])
        except (OutOfWork, Malformed):
            return error(key, PARSE_ERROR)

    def evaluate_all(
        self,
        context: object,
        now: float,
        fallback_identity: str | None = None,
        *,
        public_only: bool = True,
        flag_set: str | None = None,
    ) -> list[Answer]:
        """Every flag's answer for a context, in the order of the documents; arguments as in `evaluate`.

        With `public_only`, they are the public flags of the set, or those in none.

        Raises:
            ContextInvalid: the context is not an object, or its targetingKey is not a string.
        """
        known, name = _identify(context, fallback_identity)
        bulk = self._bulk_sets.get(flag_set, _NOTHING) if public_only else self._bulk_all
        answers = bulk.answers.copy()
        work = [MAX_STEPS]
        for place, stage in bulk.stages if name is not None else bulk.stages_of_unknown:
            try:
                answers[place] = stage(known, name, now, work)
            except (OutOfWork, Malformed):
                continue  # the place has the answer that this is an error
        if name is None:
            return answers
        for conditions, members in bulk.groups:
            rule = _first_to_hold(conditions, known, work) if conditions else None
            for place, salt, heads, tokens, target, whole, rest, inside, outside, outcomes in members:
                digest = sha256(name + salt).digest()
                h, head = unpack_head(digest)
                if head in heads and digest[4:20] in tokens:
                    answers[place] = target
                elif rule is None:
                    percent = h % 100
                    if percent < whole or (percent == whole and h // 100 % 100 < rest):
                        answers[place] = inside
                    else:
                        answers[place] = outside
                else:
                    answers[place] = _outcome(outcomes, rule, inside.key, known, name, now, work)
        return answers


def _first_to_hold(conditions: Conditions, context: Context, work: Work) -> int | None:
    try:
        return first_to_hold(conditions, context, work)
    except (OutOfWork, Malformed):
        return _FAILED


def _outcome(
    outcomes: list[Stage], rule: int, key: str, context: Context, name: bytes, now: float, work: Work
) -> Answer:
    try:
        return error(key, PARSE_ERROR) if rule == _FAILED else outcomes[rule](context, name, now, work)
    except (OutOfWork, Malformed):
        return error(key, PARSE_ERROR)


def _by_rules(
    conditions: Conditions, outcomes: list[Stage], otherwise: Answer, context: Context, name: bytes, now: float
) -> Answer:
    work = [MAX_STEPS]
    rule = _first_to_hold(conditions, context, work)
    return otherwise if rule is None else _outcome(outcomes, rule, otherwise.key, context, name, now, work)


def _identify(context: object, fallback: str | None) -> tuple[Context, bytes | None]:
    """The context with its targetingKey, and that in UTF-8; without an identity the context as it is, and None."""
    if type(context) is not dict:
        raise ContextInvalid("the context is not an object")
    user = context.get("targetingKey")
    if user is not None and type(user) is not str:
        raise ContextInvalid("targetingKey is not a string")
    if user:
        return context, encode(user)
    return ({**context, "targetingKey": fallback}, encode(fallback)) if fallback else (context, None)


def _requires(documents: dict[str, Any]) -> dict[str, list[str]]:
    """The keys that each flag requires, of those that require any."""
    found = {}
    for key, document in documents.items():
        rules = document.get("rules") if type(document) is dict else None
        gate = rules.get("gate") if type(rules) is dict else None
        requires = gate.get("requires") if type(gate) is dict else None
        if type(requires) is dict:
            found[key] = list(requires)
    return found


class _Bulk:
    """What each flag answers, by its place, when nobody is known; and the flags that have to be evaluated.

    `stages_of_unknown` are those when nobody is known, plain flags with rules among them. `groups` are the plain flags
    by the conditions of their rules, which are asked once a group.
    """

    __slots__ = ("answers", "groups", "keys", "stages", "stages_of_unknown")

    def __init__(self, compiled: dict[str, Compiled]) -> None:
        self.keys = compiled.keys()
        self.answers: list[Answer] = []
        self.stages: list[tuple[int, Stage]] = []
        self.stages_of_unknown: list[tuple[int, Stage]] = []
        groups: dict[Conditions, list[Member]] = {}
        for key, flag in compiled.items():
            place = len(self.answers)
            unknown = flag[-1][-1] if isinstance(flag, tuple) else flag
            self.answers.append(unknown if isinstance(unknown, Answer) else error(key, PARSE_ERROR))
            if not isinstance(unknown, Answer):
                self.stages_of_unknown.append((place, unknown))
            if isinstance(flag, tuple):
                salt, heads, _, whole, rest, inside, outside, (tokens, target, conditions, outcomes, _) = flag
                member = (place, salt, heads, tokens, target, whole, rest, inside, outside, outcomes)
                groups.setdefault(conditions, []).append(member)
            elif not isinstance(flag, Answer):
                self.stages.append((place, flag))
        self.groups = list(groups.items())


_NOTHING = _Bulk({})
