"""The flags file: JSON under review, and its schema for editors.

`edgeship.domain.flags.validation.validate` decides whether a file is valid, and finds every fault. The model here is
for the JSON Schema (docs/schemas/flags.schema.json), which is generated from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from edgeship.application.flags.change_flags import FlagsFile
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.domain.flags.validation.validate import flag_documents, problems
from edgeship.domain.strict_json import NotJson, parse

Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
VariantName = Annotated[str, Field(min_length=1)]
Value = bool | str | int | float | dict[str, JsonValue]
# No `multipleOf`: in floats, 0.07 is no multiple of 0.01.
Percentage = Annotated[float, Field(ge=0, le=100, description="Steps of 0.01.")]
Operator = Literal[
    "in",
    "not_in",
    "eq",
    "ne",
    "lt",
    "lte",
    "gt",
    "gte",
    "contains",
    "starts_with",
    "ends_with",
    "matches",
    "semver_eq",
    "semver_ne",
    "semver_lt",
    "semver_lte",
    "semver_gt",
    "semver_gte",
    "eq_ignore_case",
    "ne_ignore_case",
    "contains_ignore_case",
    "starts_with_ignore_case",
    "ends_with_ignore_case",
    "date_before",
    "date_after",
    "number_eq",
    "number_ne",
    "number_lt",
    "number_lte",
    "number_gt",
    "number_gte",
    "exists",
]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Model):
    """One attribute of the context held against values."""

    attribute: str = Field(min_length=1)
    op: Operator
    values: list[JsonValue] = []


class SegmentCondition(_Model):
    """Holds where all conditions of the segment do; negated, where one of them does not."""

    segment: str = Field(min_length=1)
    negate: bool = False


class Segment(_Model):
    """Conditions that rules of many flags use."""

    description: str = ""
    conditions: list[Condition] = Field(min_length=1, max_length=100)


class TakenShare(_Model):
    """Users taken from another variant of the split; nobody else's variant changes."""

    percent: Percentage
    from_: VariantName = Field(alias="from")


class _Buckets(_Model):
    bucket_by: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        None,
        description="The attribute whose values get the shares; a rule does not hold without it. Default: targetingKey",
    )
    seed: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        None, description="Splits and rollouts with one seed include the same users. Default: the flag's key."
    )


class Rule(_Buckets):
    """When every condition holds, a variant, or a weighted split of several."""

    if_: list[Condition | SegmentCondition] = Field(
        alias="if", description="All of them must hold; an empty list holds for everybody."
    )
    variant: VariantName | None = None
    split: dict[VariantName, Annotated[float, Field(ge=0)] | TakenShare] | None = Field(
        None,
        description="Variants take ranges of the users in this order. Where one takes from another, shares are per "
        "cent and add up to 100.",
    )


class ScheduleStep(_Model):
    """From this time on, this percentage."""

    at: AwareDatetime
    percentage: Percentage


class Rollout(_Buckets):
    """A percentage of users gets the variant; the schedule says how it grows, as a function of time alone."""

    variant: VariantName
    percentage: Percentage = 0
    schedule: list[ScheduleStep] = []


class Layer(_Model):
    """A range of the layer's users; ranges of two flags in one layer have nobody in common."""

    name: Annotated[str, Field(min_length=1, max_length=256)]
    from_: Percentage = Field(alias="from")
    to: Percentage
    bucket_by: Annotated[str, Field(min_length=1, max_length=256)] | None = Field(
        None, description="The attribute that has the bucket, the same for all flags of a layer. Default: targetingKey"
    )


class FlagModel(_Model):
    """One flag."""

    key: Key | None = Field(None, description="Needed where flags are a list; else the key they stand under.")
    description: str = ""
    enabled: bool = True
    variants: dict[VariantName, Value] = Field(min_length=1, description="All of one type.")
    default_variant: VariantName | None = Field(description="Null: the default in the client's code.")
    off_variant: VariantName | None = Field(
        None,
        description="What everybody gets while the flag is off; null: the default in the client's code. If left out, "
        "the default variant if its value is false, 0, empty text or an empty object, else as null.",
    )
    environments: list[Annotated[str, Field(min_length=1)]] = Field(
        [], description="Where the flag is on; empty for everywhere."
    )
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    requires: dict[Key, VariantName] = Field(
        {}, max_length=20, description="Flags that have to answer these variants; if one does not, this flag is off."
    )
    layer: Layer | None = Field(None, description="Users outside of its range get the default variant.")
    target_users: list[Annotated[str, Field(min_length=1)]] = Field(
        [], description="Users who get target_variant; hashed before they reach the edge."
    )
    target_variant: VariantName | None = None
    rules: list[Rule] = []
    targeting: dict[str, JsonValue] | None = Field(None, description="JsonLogic with flagd's operators.")
    rollout: Rollout | None = None
    public: bool = Field(True, description="False: the public endpoint does not know the flag.")
    flag_set: Key | None = Field(None, description="Whose bulk answer it is in, in place of that of all others.")
    metadata: dict[str, bool | str | int | float] = {}


class FlagsFileModel(_Model):
    """A flags file."""

    schema_: str | None = Field(None, alias="$schema")
    flags: dict[Key, FlagModel] | list[FlagModel]
    evaluators: dict[str, dict[str, JsonValue]] = Field({}, description='Shared JsonLogic, used by {"$ref": name}.')
    segments: dict[Annotated[str, Field(min_length=1)], Segment] = Field(
        {}, description='Shared conditions, used in rules by {"segment": name}.'
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a flags file."""
    schema = FlagsFileModel.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def read_json(path: Path) -> Any:
    """A file's JSON.

    Raises:
        OSError: it can't be read. FlagsRefused: it is not JSON, or not as `edgeship.domain.strict_json` wants it, with
            each place.
    """
    try:
        return parse(path.read_text("utf-8"))
    except UnicodeDecodeError as fault:
        raise FlagsRefused([(str(path), f"is not UTF-8: {fault.reason} at byte {fault.start}")]) from None
    except NotJson as fault:
        raise FlagsRefused([_in_file(path, place, message) for place, message in fault.problems]) from None


def _in_file(path: Path, place: str, message: str) -> tuple[str, str]:
    return (place if place.startswith("/") else f"{path}{place}"), message


def read_flags_file(path: Path) -> FlagsFile:
    """The flags of a file, by key.

    Raises:
        OSError: it can't be read. FlagsRefused: it is not a flags file, with every problem.
    """
    document = read_json(path)
    if not isinstance(document, dict) or not isinstance(document.get("flags"), dict | list):
        raise FlagsRefused([(str(path), 'is not a flags file: write {"flags": {...}} or {"flags": [...]}')])
    found = problems(document)
    if found:
        raise FlagsRefused(found)
    flags = {flag["key"]: flag for flag in flag_documents(document)}
    return FlagsFile(flags, document.get("evaluators", {}), document.get("segments", {}))
