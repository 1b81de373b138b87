"""Feature flags: what a flag answers for a context, as a pure function of the flag, the context and the time.

- `splits` says which users a split gives to which variant
- `evaluation.compile_flags` turns the snapshot into `Flags`, which has `evaluate` and `evaluate_all`; it and all that
  it imports, with `logic`, which is JsonLogic as flagd has it, run at the edge
- `validation.validate.problems` checks a flags file, `snapshot_entry` makes the edge's form of a flag, and `bulk_size`
  bounds the bulk answer; they run elsewhere

Order of evaluation; the first that decides gives the answer:

| step | decides when | variant | reason |
|---|---|---|---|
| unknown | no such flag, or one that isn't public asked for in public | | FLAG_NOT_FOUND |
| disabled | `enabled` is false | off | DISABLED |
| environment | `environments` is not empty and lacks this one | `off_variant`, else default | DISABLED |
| dates | before `starts_at`, or at or after `ends_at` | `off_variant`, else default | DISABLED |
| required flags | one of `requires` answers another variant, none, or an error | off | DISABLED |
| target users | the identity is one of `target_users` | `target_variant` | TARGETING_MATCH |
| layer | the bucket in the layer is outside of the flag's range | default | SPLIT |
| rules | every condition of a rule holds; the first such rule | `variant`, or by `split` | TARGETING_MATCH, SPLIT |
| targeting | the JsonLogic names a variant; null decides nothing | that one | TARGETING_MATCH |
| rollout | always, when there is one | in: `rollout.variant`, out: default | SPLIT |
| otherwise | always | default | STATIC when none of the dates and the later steps exist, else DEFAULT |

A layer, a rule or a rollout with `bucket_by` hashes that attribute, and not the identity. Without it the rule does not
hold, and the layer and the rollout give the default with reason DEFAULT.

A disabled flag's variant is `off_variant`; without one the default, if that is the off value of its type (false, 0, an
empty text, an empty object), else none. Where `off_variant` or `default_variant` is null, there is none as well: the
answer has no value, each client uses the default in its own code, and STATIC is DEFAULT.

The identity is the context's `targetingKey`, else the one that the caller falls back on (sticky for anonymous users),
which then stands for `targetingKey` in rules and targeting as well. Without either, a flag that comes to a percentage
above 0 and below 100 answers TARGETING_KEY_MISSING.
"""
