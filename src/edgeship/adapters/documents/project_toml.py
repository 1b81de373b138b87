"""Reads the options of a folder: edgeship.toml, and the context of a cdk.json beside it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

from edgeship.domain.deploying.project_file import FILE_NAME, ProjectFile, context_text, project_file
from edgeship.domain.errors import Refused


def read_project_file(folder: Path) -> ProjectFile:
    """The folder's edgeship.toml; an empty one when there is none.

    Raises:
        Refused: `project_file_invalid`.
    """
    try:
        return project_file(tomllib.loads((folder / FILE_NAME).read_text("utf-8")))
    except FileNotFoundError:
        return ProjectFile()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as invalid:
        raise Refused("project_file_invalid", f"{FILE_NAME} is no TOML: {invalid}.", "Fix that line.") from invalid


def read_cdk_context(folder: Path) -> dict[str, str]:
    """The `context` of the folder's cdk.json, without the CDK's own keys; empty when there is none.

    Raises:
        Refused: `project_file_invalid`.
    """
    try:
        document = json.loads((folder / "cdk.json").read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (json.JSONDecodeError, UnicodeDecodeError) as invalid:
        raise Refused("project_file_invalid", f"cdk.json is no JSON: {invalid}.", "Fix that line.") from invalid
    context = document.get("context") if isinstance(document, dict) else None
    if not isinstance(context, dict):
        return {}
    return {
        key: context_text(value, f"cdk.json, {key}")
        for key, value in context.items()
        if value is not None and not any(character in key for character in ":@/")
    }
