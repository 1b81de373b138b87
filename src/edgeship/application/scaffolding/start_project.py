"""Writes the files of a new project into a folder."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.scaffolding.ports import Folder
from edgeship.domain.errors import Refused
from edgeship.domain.scaffolding.project import Templates, Wishes, files_of

SHOWN = 5


@dataclass(frozen=True)
class StartProject:
    folder: Folder
    templates: Templates

    def __call__(self, wishes: Wishes, *, force: bool) -> list[str]:
        """The paths that were written, sorted.

        Raises:
            Refused: `files_exist`: files are there, and `force` was not given. Nothing was written.
            OSError: a file can't be written; the folder is as it was.
        """
        files = files_of(wishes, self.templates)
        there = sorted(self.folder.existing(files))
        if there and not force:
            more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
            raise Refused(
                "files_exist",
                f"{', '.join(there[:SHOWN])}{more}: already here, and nothing was written.",
                "Use an empty folder, leave the part out (--skeleton none, --ci none), or overwrite them with --force.",
            )
        self.folder.write(files)
        return sorted(files)
