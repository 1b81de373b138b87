"""Reads Conventional Commits with git-cliff (https://git-cliff.org), whose JSON has each message taken apart.

Which commits count is git's answer; git-cliff reads what their messages say. No configuration but ours applies.
"""

from __future__ import annotations

import json
import os
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edgeship.adapters.git.running import run
from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import printable

KINDS = ("feat", "fix", "perf", "revert")
_CONFIGURATION = """
[git]
conventional_commits = true
filter_unconventional = false
require_conventional = false
filter_commits = false
split_commits = false
tag_pattern = "^$"
commit_parsers = [
{parsers}
  {{ message = ".*", group = "other" }},
]
"""
_PARSER = '  {{ message = "^(?i:{kind})(\\\\(|!|:)", group = "{kind}" }},'
_NEEDED = ("PATH", "HOME", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
_ANSWER_SHOWN = 300


def parsed_messages(root: Path, since: str | None) -> dict[str, Mapping[str, Any]]:
    """git-cliff's fields of each conventional commit that HEAD has and the commit `since` has not, by its full name.

    https://git-cliff.org/docs/templating/context: `group` is one of `KINDS` or `other`.

    Raises:
        Refused: `commits_unreadable`.
    """
    with TemporaryDirectory(prefix="edgeship-") as scratch:
        configuration = Path(scratch) / "cliff.toml"
        parsers = "\n".join(_PARSER.format(kind=kind) for kind in KINDS)
        configuration.write_text(_CONFIGURATION.format(parsers=parsers))
        environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        command = [_program(), "--no-exec", "--config", str(configuration), "--repository", str(root), "--context"]
        ended = run([*command, *(["--", f"{since}..HEAD"] if since else [])], environment)
    try:
        if ended.code:
            raise ValueError(_last_error(ended.err.decode(errors="replace")))
        releases = json.loads(ended.out)
        commits = [commit for release in releases for commit in release["commits"]]
        return {commit["id"]: commit for commit in commits if commit["conventional"]}
    except (ValueError, KeyError, TypeError) as fault:
        raise Refused(
            "commits_unreadable",
            f"git-cliff can't read the commits: {fault}.",
            "It reads repositories of SHA-1 objects. In another one, write the version and the tag by hand.",
        ) from None


def _last_error(said: str) -> str:
    """What it printed of its error, without the lines that only inform."""
    return printable(" ".join(said.partition("Error:")[2].split())[:_ANSWER_SHOWN]) or "it gave no reason"


def _program() -> str:
    """The one that was installed with edgeship, else that of the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / ("git-cliff.exe" if os.name == "nt" else "git-cliff")
    return str(beside) if beside.is_file() else shutil.which("git-cliff") or "git-cliff"
