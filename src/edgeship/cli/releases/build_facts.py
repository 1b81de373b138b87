"""The commit and the date of a build, from the command line, the environment or git."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.cli.errors import Usage
from edgeship.domain.events import timestamp
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.manifest import CHANGE_KINDS

EPOCH_VARIABLE = "SOURCE_DATE_EPOCH"
"""Seconds since 1970 (https://reproducible-builds.org/specs/source-date-epoch/)."""
_COMMIT = re.compile(r"[0-9a-fA-F]{7,64}")
_WRITTEN = frozenset({"schema", "widget", "version", "files"})
"""What an `edgeship.json` has that edgeship wrote itself: all that is known of the build, and nothing around it says
more."""


def gather(
    folder: Path,
    entrypoint: str | None,
    kind: Kind | None,
    git_commit: str | None,
    created_at: str | None,
    changes: Path | None,
) -> BundleFacts:
    """The facts from the command line; from git if neither the command line nor the folder's `edgeship.json` has them.

    Nothing here depends on the clock, so packing a build twice gives the same bytes.

    Raises:
        Usage: a fact of the command line is not valid.
    """
    declared = declared_fields(folder)
    artifact = declared.keys() >= _WRITTEN
    commit, committed_at = (None, None) if artifact else _git_head(folder)
    if git_commit is not None:
        if not _COMMIT.fullmatch(git_commit):
            raise Usage(f"--git-commit {git_commit!r} is not a commit.", "Give 7 to 64 hexadecimal digits.")
        # The date of HEAD says nothing about another commit.
        committed_at = committed_at if commit == git_commit else None
        commit = git_commit
    elif "git_commit" in declared:
        commit = None
    stated = _rfc3339("--created-at", created_at) if created_at is not None else None
    # What the build itself says comes before the environment, so that every machine packs the same bytes.
    if stated is None and "created_at" not in declared and not artifact:
        stated = committed_at or _epoch_time()
    return BundleFacts(entrypoint, kind, commit, stated, _changes(changes) if changes else {})


def _epoch_time() -> str | None:
    epoch = os.environ.get(EPOCH_VARIABLE)
    if not epoch:
        return None
    try:
        return timestamp(datetime.fromtimestamp(int(epoch), UTC))
    except (ValueError, OverflowError, OSError):
        raise Usage(f"{EPOCH_VARIABLE} {epoch!r} is not a time.", "Give whole seconds since 1970.") from None


def _rfc3339(option: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return timestamp(moment)
    except (ValueError, OverflowError):
        pass
    raise Usage(f"{option} {quoted(text)} is not a time with its offset.", "Write it like 2026-11-23T10:00:00Z.")


def declared_fields(folder: Path) -> Mapping[str, Any]:
    """The fields of the folder's `edgeship.json` that are not null. Publishing validates them."""
    try:
        document = json.loads((folder / UPLOADED_MANIFEST_NAME).read_bytes())
    except (FileNotFoundError, IsADirectoryError, ValueError, RecursionError):
        return {}
    return {k: v for k, v in document.items() if v is not None} if isinstance(document, dict) else {}


def _git_head(folder: Path) -> tuple[str | None, str | None]:
    """HEAD of the work tree that holds the folder, and its committer date; neither where there is no commit."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), "show", "--no-patch", "--no-show-signature", "--format=%H %cI", "HEAD"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return None, None
    if done.returncode != 0:
        return None, None
    commit, _, committed_at = done.stdout.strip().partition(" ")
    return commit, timestamp(datetime.fromisoformat(committed_at))


def _changes(location: Path) -> dict[str, tuple[str, ...]]:
    shape = 'Write it like {"breaking": [], "features": ["A new thing"], "fixes": []}.'
    try:
        document = json.loads(location.read_bytes())
        # Half a surrogate pair, which JSON can write and nothing else can carry.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as invalid:
        raise Usage(f"--changes {location} is not JSON: {invalid}.", shape) from None
    if not isinstance(document, dict) or (unknown := sorted(document.keys() - set(CHANGE_KINDS))):
        what = f"has {', '.join(unknown)}" if isinstance(document, dict) else "is not an object"
        raise Usage(f"--changes {location} {what}; the kinds are {', '.join(CHANGE_KINDS)}.", shape)
    for kind, entries in document.items():
        if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
            raise Usage(f"--changes {location}: {kind} is not a list of texts.", shape)
    return {kind: tuple(entries) for kind, entries in document.items()}
