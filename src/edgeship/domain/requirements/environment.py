"""What is around the widgets of an environment: names such as `api`, each with the version that runs there.

Releases say which versions they work with. Nobody but its people knows what runs in an environment, so they set it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.requirements.ranges import parse_partial

NAME_PATTERN = r"^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$"
MAX_NAMES = 100
"""In one environment: its record stays within some 60 KB, of the 400 that an item may have
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)."""


@dataclass(frozen=True)
class Running:
    """The version that runs, as it was given (`4.2`); since when (RFC 3339), by whom and why it was set."""

    version: str
    since: str
    actor: str
    cause: str


@dataclass(frozen=True)
class EnvironmentRecord:
    """`running` is by name. `revision` counts the record's writes; 0 is a record not yet written."""

    running: Mapping[str, Running] = field(default_factory=dict)
    revision: int = 0


def set_running(
    record: EnvironmentRecord, name: str, version: str, occasion: Occasion
) -> tuple[EnvironmentRecord, Event]:
    """Say which version of a name runs from now on.

    Raises:
        Refused: `name_invalid`, `version_invalid`, `environment_unchanged` or `environment_full`.
    """
    check_name(name)
    parse_partial(version)
    held = record.running.get(name)
    if held is not None and held.version == version:
        raise Refused("environment_unchanged", f"{name} is {version} already.", "There is nothing to do.")
    if held is None and len(record.running) >= MAX_NAMES:
        raise Refused(
            "environment_full",
            f"The environment has {MAX_NAMES} names already.",
            "Remove one that no release requires: edgeship environment unset NAME.",
        )
    running = Running(version, timestamp(occasion.at), occasion.actor, occasion.cause)
    return _changed(record, {**record.running, name: running}, name, occasion)


def unset_running(record: EnvironmentRecord, name: str, occasion: Occasion) -> tuple[EnvironmentRecord, Event]:
    """Say that nobody knows any more which version of a name runs.

    Raises:
        Refused: `not_set`.
    """
    if name not in record.running:
        known = ", ".join(sorted(record.running)) or "none"
        raise Refused("not_set", f"{name!r} is not set.", f"Names that are set: {known}.")
    left = {each: running for each, running in record.running.items() if each != name}
    return _changed(record, left, name, occasion)


def check_name(name: str) -> str:
    """
    Raises:
        Refused: `name_invalid`.
    """
    if not re.fullmatch(NAME_PATTERN[1:-1], name):
        raise Refused(
            "name_invalid",
            f"{name[:80]!r} is not a name.",
            "Give 1 to 63 lower-case letters, digits and inner hyphens, dots and underscores, for example api.",
        )
    return name


def _changed(
    record: EnvironmentRecord, running: Mapping[str, Running], name: str, occasion: Occasion
) -> tuple[EnvironmentRecord, Event]:
    event = Event.of(
        EventType.ENVIRONMENT_CHANGED,
        occasion,
        None,
        (record.revision,),
        old=_summary(name, record.running.get(name)),
        new=_summary(name, running.get(name)),
    )
    return replace(record, running=running), event


def _summary(name: str, running: Running | None) -> dict[str, Any]:
    return {"name": name, "version": running.version if running is not None else None}
