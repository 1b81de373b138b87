"""All flags of a snapshot, compiled once, and evaluated many times."""

from __future__ import annotations

import gc

from edgeship.domain.bucketing import encode, sha256, unpack_digest
from edgeship.domain.flags.answer import FLAG_NOT_FOUND, INVALID_CONTEXT, PARSE_ERROR, Answer, error
from edgeship.domain.flags.evaluation.compile_flag import compile_flag
from edgeship.domain.flags.evaluation.stages import plain_stage
from edgeship.domain.flags.malformed import Malformed
from edgeship.domain.flags.work import MAX_STEPS, OutOfWork

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.evaluation.stages import Context, Plain, Stage

    Compiled = Answer | Stage | Plain

MAX_KEY_IN_ANSWER = 128
"""Characters of an unknown key that the answer repeats."""

_fresh_sha256 = sha256().copy
"""A copy is made in less time than a new one."""


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

    `decide_plain` is written out in both methods, where `bucket_of(h) < threshold` goes digit by digit: the calls
    would cost half as much as all the rest.
    """

    __slots__ = ("_all", "_bulk_all", "_bulk_sets", "_public", "malformed")

    def __init__(self, documents: dict[str, Any], environment: str) -> None:
        self._all: dict[str, Compiled] = {}
        self._public: dict[str, Compiled] = {}
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
                compiled = compile_flag(key, document, environment, self._all)
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
        self._bulk_all = _Bulk(self._all)
        self._bulk_sets = {flag_set: _Bulk(flags) for flag_set, flags in sets.items()}

    def __len__(self) -> int:
        return len(self._all)

    def has(self, key: str, flag_set: str) -> bool:
        """Whether a public flag is in a flag set."""
        bulk = self._bulk_sets.get(flag_set)
        return bulk is not None and key in bulk.keys

    def evaluate(  # noqa: C901  written out: see above
        self, key: str, context: object, now: float, fallback_identity: str | None = None, *, public_only: bool = False
    ) -> Answer:
        """One flag's answer for a context.

        Args:
            key: the flag's key.
            context: JSON's object with the attributes, `targetingKey` among them.
            now: the time, in epoch seconds.
            fallback_identity: who the user is when the context doesn't say; has to be stable for a user.
            public_only: answer FLAG_NOT_FOUND for flags that aren't public.
        """
        compiled = (self._public if public_only else self._all).get(key)
        if type(compiled) is not tuple:
            return _evaluate(key, compiled, context, now, fallback_identity)
        if type(context) is not dict:
            return error(key, INVALID_CONTEXT)
        try:
            name = context["targetingKey"].encode()
        except (AttributeError, KeyError, UnicodeEncodeError):
            name = b""
        if not name:
            return _evaluate(key, compiled, context, now, fallback_identity)
        salt, tokens, target, ruled, whole, rest, inside, outside, _ = compiled
        hashed = _fresh_sha256()
        hashed.update(name)
        hashed.update(salt)
        h, token = unpack_digest(hashed.digest())
        if token in tokens:
            return target
        if ruled:
            work = [MAX_STEPS]
            try:
                for first, others, outcome in ruled:
                    if first(context, work):
                        for condition in others:
                            if not condition(context, work):
                                break
                        else:
                            return outcome(context, name, now, work)
            except (OutOfWork, Malformed):
                return error(key, PARSE_ERROR)
        percent = h % 100
        return inside if percent < whole or (percent == whole and h // 100 % 100 < rest) else outside

    def evaluate_all(  # noqa: C901  written out: see above
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
        begun = sha256(name).copy
        unpack = unpack_digest
        for place, (salt, tokens, target, ruled, whole, rest, inside, outside, _) in bulk.plain:
            hashed = begun()
            hashed.update(salt)
            h, token = unpack(hashed.digest())
            if token in tokens:
                answers[place] = target
                continue
            percent = h % 100
            if percent < whole or (percent == whole and h // 100 % 100 < rest):
                answers[place] = inside
            else:
                answers[place] = outside
            if ruled:
                try:
                    for first, others, outcome in ruled:
                        if first(known, work):
                            for condition in others:
                                if not condition(known, work):
                                    break
                            else:
                                answers[place] = outcome(known, name, now, work)
                                break
                except (OutOfWork, Malformed):
                    answers[place] = error(inside.key, PARSE_ERROR)
        return answers


def _evaluate(key: str, compiled: Compiled | None, context: object, now: float, fallback: str | None) -> Answer:
    """One flag's answer, whatever the flag and the context are."""
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

    `stages_of_unknown` are those when nobody is known, plain flags with rules among them.
    """

    __slots__ = ("answers", "keys", "plain", "stages", "stages_of_unknown")

    def __init__(self, compiled: dict[str, Compiled]) -> None:
        self.keys = compiled.keys()
        self.answers: list[Answer] = []
        self.stages: list[tuple[int, Stage]] = []
        self.stages_of_unknown: list[tuple[int, Stage]] = []
        self.plain: list[tuple[int, Plain]] = []
        for key, flag in compiled.items():
            place = len(self.answers)
            unknown = flag[-1] if isinstance(flag, tuple) else flag
            self.answers.append(unknown if isinstance(unknown, Answer) else error(key, PARSE_ERROR))
            if not isinstance(unknown, Answer):
                self.stages_of_unknown.append((place, unknown))
            if isinstance(flag, tuple):
                self.plain.append((place, flag))
            elif not isinstance(flag, Answer):
                self.stages.append((place, flag))


_NOTHING = _Bulk({})
