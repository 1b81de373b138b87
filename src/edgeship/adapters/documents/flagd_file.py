"""flagd's definitions (https://flagd.dev/reference/flag-definitions/), in the words of a flags file.

What a definition means in flagd, the imported flags mean here. What has no such meaning is refused with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from edgeship.adapters.documents.flagd_rules import rewritten
from edgeship.adapters.documents.flags_file import read_json
from edgeship.application.flags.change_flags import FlagsFile
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.domain.flags.logic.references import references_in, resolve_references
from edgeship.domain.flags.validation.validate_flag import KEY
from edgeship.domain.json_pointer import under

Problem = tuple[str, str]

_STATES = {"ENABLED": True, "DISABLED": False}
_FIELDS = ("key", "state", "variants", "defaultVariant", "targeting", "metadata")
_OTHER_SCHEMA = re.compile(r"flagd\.dev/schema/(?!v0/)")


def from_flagd(path: Path, renamed: Mapping[str, str] | None = None, *, fractional: str = "fractional") -> FlagsFile:
    """The flags of a flagd definition.

    - keys of `renamed` get another one here, and keep their users' variants
    - `fractional` names the operator that the file's `fractional` is here: flagd changed its hash, and kept its schema
    - `DISABLED` is the default in the client's code, and so is a `defaultVariant` that is null or left out
    - metadata of the flag set become part of each flag's, whose own count first
    - flags may be a list, each with its key

    Raises:
        OSError: it can't be read. FlagsRefused: it is not a flagd definition, with every problem.
    """
    document = read_json(path)
    flags = document.get("flags") if isinstance(document, dict) else None
    if not isinstance(flags, dict | list):
        raise FlagsRefused([(str(path), 'is not a flagd definition: write {"flags": {...}} or {"flags": [...]}')])
    evaluators, shared = document.get("$evaluators", {}), document.get("metadata", {})
    placed = list(_placed(flags))
    renamed = renamed or {}
    faults = [*_file_faults(document, evaluators, shared), *_key_faults(placed, renamed)]
    for place, _, flag in placed:
        faults += _faults(place, flag)
    if faults:
        raise FlagsRefused(faults)
    flags = {}
    for _, key, flag in placed:
        name = renamed.get(key, key)
        flags[name] = _from_flagd(name, flag, shared)
        # flagd writes an empty object where there is no targeting.
        if flag.get("targeting"):
            flags[name]["targeting"] = _targeting(
                flag["targeting"], evaluators, fractional, None if name == key else key
            )
    return FlagsFile(flags, {name: rewritten(rule, fractional) for name, rule in evaluators.items()})


def _targeting(rule: Any, evaluators: dict[str, Any], fractional: str, key: str | None) -> Any:
    if key is not None and references_in(rule) <= evaluators.keys():
        # A shared rule may read the flag's key, which is another one for each flag.
        rule = resolve_references(rule, evaluators)
    return rewritten(rule, fractional, key)


def _placed(flags: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any, Any]]:
    """The place, the key and the definition of each flag."""
    if isinstance(flags, dict):
        for key, flag in flags.items():
            yield under("/flags", key), key, flag
    else:
        for index, flag in enumerate(flags):
            yield under("/flags", index), flag.get("key") if isinstance(flag, dict) else None, flag


def _file_faults(document: dict[str, Any], evaluators: object, shared: object) -> Iterator[Problem]:
    schema = document.get("$schema")
    if isinstance(schema, str) and _OTHER_SCHEMA.search(schema):
        yield "/$schema", "is not version v0 of flagd's definitions, which is the one known here"
    if not isinstance(evaluators, dict):
        yield "/$evaluators", "is not an object"
    if not isinstance(shared, dict):
        yield "/metadata", "is not an object"


def _key_faults(placed: list[tuple[str, Any, Any]], renamed: Mapping[str, str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for place, key, flag in placed:
        if not isinstance(flag, dict):
            continue
        name = renamed.get(key, key) if isinstance(key, str) else None
        if name is None:
            yield under(place, "key"), "is missing" if key is None else "is not text"
        elif name in seen:
            yield under(place, "key"), f"{name!r:.80} is the key of another flag already"
        elif not KEY.fullmatch(name):
            yield under(place, "key"), f"{name!r:.80} has other characters than letters, digits, '.', '_' and '-'"
        else:
            seen.add(name)
    for key in renamed.keys() - {key for _, key, _ in placed if isinstance(key, str)}:
        yield "/flags", f"there is no flag {key!r:.80} to rename"


def _faults(place: str, flag: object) -> Iterator[Problem]:
    if not isinstance(flag, dict):
        yield place, "a flag is an object with state and variants"
        return
    for field in flag:
        if field not in _FIELDS:
            yield under(place, field), f"unknown field; flagd has {', '.join(_FIELDS)}"
    state = flag.get("state")
    if not isinstance(state, str) or state not in _STATES:
        yield under(place, "state"), "is missing" if state is None else f"{state!r:.40} is not ENABLED or DISABLED"
    if "variants" not in flag:
        yield under(place, "variants"), "is missing"
    if not isinstance(flag.get("metadata", {}), dict):
        yield under(place, "metadata"), "is not an object"


def _from_flagd(key: str, flag: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    ours = {"key": key, "variants": flag["variants"], "default_variant": flag.get("defaultVariant")}
    if not _STATES[flag["state"]]:
        ours |= {"enabled": False, "off_variant": None}
    metadata = {**shared, **flag.get("metadata", {})}
    return {**ours, **({"metadata": metadata} if metadata else {})}
