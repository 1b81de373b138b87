"""edgeship.toml: the environment that a folder's commands act on, and the options that its stacks get.

environment = "production"

[options]                       # of every environment
log_retention_days = 90

[environments.production]       # of one; these come first
domain_name = "widgets.example.com"

Pure: who reads the file gives the document.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from edgeship.domain.errors import Refused

FILE_NAME: Final = "edgeship.toml"
_TABLES: Final = ("environment", "options", "environments")
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_OUTSIDE: Final = frozenset({"environment"})
"""Not an option here: the file's own key, or `--env`, names it."""


@dataclass(frozen=True)
class ProjectFile:
    """`options` by environment; those of every environment under ''. Values are as `-c key=value` gives them."""

    environment: str | None = None
    options: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def context(self, environment: str) -> dict[str, str]:
        """The options of an environment."""
        return {**self.options.get("", {}), **self.options.get(environment, {})}


def project_file(document: Mapping[str, Any]) -> ProjectFile:
    """
    Raises:
        Refused: `project_file_invalid`: a key or a value has no meaning there; the reason names it.
    """
    if unknown := [key for key in document if key not in _TABLES]:
        raise _invalid(f"{unknown[0]} has no meaning at the top", f"Its keys are {', '.join(_TABLES)}")
    environment = document.get("environment")
    if environment is not None and (not isinstance(environment, str) or not environment):
        raise _invalid("environment is no name", 'Write it as environment = "production"')
    options = {"": _options(document.get("options", {}), "options")}
    environments = document.get("environments", {})
    if not isinstance(environments, Mapping):
        raise _invalid("environments is no table", "Write [environments.production]")
    for name, listed in environments.items():
        options[name] = _options(listed, f"environments.{name}")
    return ProjectFile(environment, options)


def _options(listed: object, where: str) -> dict[str, str]:
    if not isinstance(listed, Mapping):
        raise _invalid(f"{where} is no table", f"Write [{where}]")
    for key in listed:
        if not _KEY.fullmatch(key) or key in _OUTSIDE:
            raise _invalid(f"{where}: {key!r} is no option", "docs/operating.md lists the options")
    return {key: context_text(value, f"{where}.{key}") for key, value in listed.items()}


def context_text(value: object, where: str) -> str:
    """An option's value as `-c` gives it: true, 30, US,CA or files:8000,file_mib:200.

    Raises:
        Refused: `project_file_invalid`.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case list() if all(isinstance(entry, str) for entry in value):
            return ",".join(value)
        case Mapping() if all(isinstance(entry, int | str) for entry in value.values()):
            return ",".join(f"{name}:{entry}" for name, entry in value.items())
    raise _invalid(f"{where} has a value of no option", "Give a text, a number, true, false, or a list of texts")


def _invalid(reason: str, remedy: str) -> Refused:
    return Refused("project_file_invalid", f"{FILE_NAME}: {reason}.", f"{remedy}.")
