"""One flag of the snapshot, compiled to the stages of its evaluation (package docstring: their order and reasons).

Conditions and JsonLogic are imported by the first flag that has any: they are two thirds of this package's cold start.
"""

from __future__ import annotations

from edgeship.domain.bucketing import BUCKETS, encode, hundredths
from edgeship.domain.flags.answer import (
    DEFAULT,
    DISABLED,
    SPLIT,
    STATIC,
    TARGETING_KEY_MISSING,
    TARGETING_MATCH,
    Answer,
    error,
)
from edgeship.domain.flags.evaluation import stages
from edgeship.domain.flags.malformed import Malformed, a_list, a_number, an_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from edgeship.domain.flags.evaluation.stages import Compiled, Condition, Conditions, Plain, Screen, Stage


def compile_flag(
    key: str,
    document: object,
    environment: str,
    flags: Mapping[str, Compiled] | None = None,
    conditions: dict[object, Condition] | None = None,
) -> Compiled:
    """The flag's answer, when it is always the same, else the first stage of its evaluation.

    Args:
        key: the flag's key.
        document: what `edgeship.domain.flags.snapshot_entry` makes of the flag.
        environment: the environment that this is.
        flags: all compiled flags, of which this one may require some; they may be filled in later.
        conditions: those of all flags, by what makes two the same; those of this one come to it.

    Raises:
        Malformed: the document isn't an entry of the snapshot; the message says where.
    """
    known = {} if conditions is None else conditions
    return Compilation(key, an_object(document, "a flag"), {} if flags is None else flags, known).compile(environment)


class Compilation:
    def __init__(
        self, key: str, flag: dict[str, Any], flags: Mapping[str, Compiled], conditions: dict[object, Condition]
    ) -> None:
        self.key = key
        self.flag = flag
        self.flags = flags
        self.conditions = conditions
        self.gate, self.rules = gate_and_rules(flag)
        self.salt = encode(key)
        self.variants = an_object(flag.get("variants"), "variants")
        self.metadata = an_object(flag.get("metadata", {}), "metadata") or None
        self.missing = error(key, TARGETING_KEY_MISSING)
        self.dated = flag.get("starts_at") is not None or flag.get("ends_at") is not None
        self.first = self.dated or "requires" in self.gate
        """Whether a step comes before target users."""
        self._answers: dict[tuple[str | None, str], Answer] = {}

    def compile(self, environment: str) -> Answer | Stage | Plain:
        flag = self.flag
        if "default_variant" not in flag:
            raise Malformed("default_variant is missing")
        default = flag["default_variant"]
        off = flag.get("off_variant", default)
        environments = a_list(flag.get("environments", []), "environments")
        if flag.get("enabled", True) is not True or (environments and environment not in environments):
            return self.answer(off, DISABLED)
        start, end = flag.get("starts_at"), flag.get("ends_at")
        if not (self.first or flag.get("targets") or flag.get("rules") or flag.get("targeting") or flag.get("rollout")):
            return self.answer(default, DEFAULT if default is None else STATIC)
        stage = self.targets(default)
        if isinstance(stage, tuple):
            return stage
        if "requires" in self.gate:
            stage = self.required(stage)
        if not self.dated:
            return stage
        start = None if start is None else a_number(start, "starts_at")
        end = None if end is None else a_number(end, "ends_at")
        return stages.between(start, end, self.answer(off, DISABLED), stage)

    def answer(self, variant: object, reason: str) -> Answer:
        """The answer of a variant; of none, that the client uses its own default."""
        if variant is not None and (type(variant) is not str or variant not in self.variants):
            raise Malformed(f"{variant!r:.40} is not a variant")
        answer = self._answers.get((variant, reason))
        if answer is None:
            value = None if variant is None else self.variants[variant]
            answer = Answer(self.key, value, variant, reason, self.metadata)
            self._answers[variant, reason] = answer
        return answer

    def named(self, field: str, part: dict[str, Any], reason: str) -> Answer:
        """The answer of the variant that a part of the flag names."""
        if part.get(field) is None:
            raise Malformed(f"{field} is missing")
        return self.answer(part[field], reason)

    def targets(self, default: object) -> Stage | Plain:
        tokens = a_list(self.flag.get("targets", []), "targets")
        try:
            hashed = frozenset([bytes.fromhex(token) for token in tokens])
        except (TypeError, ValueError) as fault:
            raise Malformed("a target is not a token") from fault
        target = self.named("target_variant", self.flag, TARGETING_MATCH) if hashed else self.missing
        screens, conditions, outcomes = self.matching()
        following = self.targeting(default)
        ruled = stages.rules(conditions, outcomes, following) if conditions else following
        if "layer" in self.gate:
            ruled = self.layer(ruled, default)
        threshold = 0 if self.flag.get("targeting") or "layer" in self.gate else self.percentage()
        if 0 < threshold < BUCKETS:
            inside, outside = self.named("variant", self.flag["rollout"], SPLIT), self.answer(default, SPLIT)
            heads = frozenset(b"".join([token[:1] for token in hashed]))
            unusual = (hashed, target, conditions, outcomes, ruled if conditions else self.missing)
            plain = (self.salt, heads, screens, *divmod(threshold, 100), inside, outside, unusual)
            return stages.plain_stage(plain) if self.first else plain
        return stages.targets(self.salt, hashed, target, ruled) if hashed else ruled

    def required(self, following: Stage) -> Stage:
        from edgeship.domain.flags.evaluation.prerequisites import required, requirements

        unmet = self.answer(self.gate.get("unmet"), DISABLED)
        return required(requirements(self.gate["requires"]), self.flags, unmet, following)

    def layer(self, inside: Stage, default: object) -> Stage:
        from edgeship.domain.flags.evaluation.bucket_by import finder_of
        from edgeship.domain.flags.evaluation.layers import in_layer

        layer = an_object(self.gate["layer"], "layer")
        find = None if layer.get("bucket_by") is None else finder_of(layer)
        return in_layer(layer, find, inside, lambda reason: self.answer(default, reason), self.missing)

    def percentage(self) -> int:
        """The rollout's percentage in hundredths when it has one that never changes, else 0."""
        plan = self.flag.get("rollout")
        if not plan or an_object(plan, "rollout").get("schedule") or "plan" in plan:
            return 0
        return _threshold(plan.get("percentage"))

    def matching(self) -> tuple[list[Screen], Conditions, list[Stage]]:
        documents = a_list(self.rules, "rules")
        if not documents:
            return [], (), []
        from edgeship.domain.flags.evaluation.rules import compile_rules

        return compile_rules(documents, self)

    def salt_of(self, part: dict[str, Any]) -> bytes:
        seed = part.get("seed", self.key)
        if type(seed) is not str:
            raise Malformed("seed is not a string")
        return encode(seed)

    def bucketed(self, part: dict[str, Any], stage: Stage, without: Stage) -> Stage:
        """The stage by the attribute that a part of the flag names; `without` where the context has none."""
        if part.get("bucket_by") is None:
            return stage
        from edgeship.domain.flags.evaluation.bucket_by import by_attribute, finder_of

        return by_attribute(finder_of(part), stage, without)

    def targeting(self, default: object) -> Stage:
        following = self.rollout(default)
        rule = self.flag.get("targeting")
        if not rule:
            return following
        from edgeship.domain.flags.evaluation.targeting import targeting

        answers = {variant: self.answer(variant, TARGETING_MATCH) for variant in self.variants}
        return targeting(self.key, rule, answers, following)

    def rollout(self, default: object) -> Stage:
        if not self.flag.get("rollout"):
            return stages.constantly(self.answer(default, DEFAULT))
        part = an_object(self.flag["rollout"], "rollout")
        plan = an_object(part.get("plan", part), "plan")
        salt = self.salt_of(part)
        inside, outside = self.named("variant", plan, SPLIT), self.answer(default, SPLIT)

        def stage(percentage: object) -> Stage:
            return stages.rollout(salt, _threshold(percentage), inside, outside, self.missing)

        first = stage(plan.get("percentage"))
        steps = []
        for step in a_list(plan.get("schedule", []), "schedule"):
            step = an_object(step, "a step")
            steps.append((a_number(step.get("at"), "at"), stage(step.get("percentage"))))
        planned = stages.scheduled(first, sorted(steps, key=lambda step: step[0])) if steps else first
        return self.bucketed(part, planned, stages.constantly(self.answer(default, DEFAULT)))


def gate_and_rules(entry: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    """What an entry has beside its rules: `{"requires": {key: variant}, "unmet": variant, "layer": {"name",
    "from", "to", "bucket_by"}}`, each if there is any; and the rules.

    An entry with any of it has `"rules": {"gate": {...}, "rules": [...]}`, which earlier versions refuse.
    """
    rules = entry.get("rules", [])
    if type(rules) is not dict:
        return {}, rules
    return an_object(rules.get("gate"), "the gate"), rules.get("rules", [])


def _threshold(percentage: object) -> int:
    try:
        return hundredths(a_number(percentage, "a percentage"))
    except ValueError as fault:
        raise Malformed(str(fault)) from fault
