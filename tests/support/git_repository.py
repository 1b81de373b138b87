"""Real git repositories, untouched by the configuration of the machine."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

_ISOLATED = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@example.com",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@example.com",
}


def isolated(environment: dict[str, str]) -> dict[str, str]:
    """The variables with which git reads no configuration but the repository's own."""
    return {name: value for name, value in environment.items() if not name.startswith("GIT_")} | _ISOLATED


@dataclass(frozen=True)
class Git:
    """A repository at a folder."""

    folder: Path

    def __call__(self, *words: str, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            env=isolated(dict(os.environ)),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @classmethod
    def made(cls, folder: Path, files: dict[str, str | bytes], message: str = "chore: begin") -> Git:
        folder.mkdir(parents=True, exist_ok=True)
        git = cls(folder)
        git("init", "--quiet", "--template=", "--initial-branch=main")
        git.write(files)
        git.commit(message)
        return git

    def write(self, files: dict[str, str | bytes]) -> None:
        for path, content in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)

    def commit(self, message: str, files: dict[str, str | bytes] | None = None) -> str:
        """Commit everything; without files, an empty commit."""
        self.write(files or {})
        self("add", "--all")
        self("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-", stdin=message)
        return self("rev-parse", "HEAD")
