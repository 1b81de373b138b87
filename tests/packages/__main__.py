"""python -m tests.packages [NAME ...]: publish the packages, and write what happened into the table and the docs."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.packages.publishing import files_of, write_files
from tests.packages.registry import fetched
from tests.packages.table import Package, folder_ends, packages, save, tarball_ends


def published(package: Package, tarball: Path) -> Package:
    files = files_of(tarball)
    with TemporaryDirectory(prefix="edgeship-package-") as made:
        write_files(files, Path(made))
        return replace(
            package, packed=tarball_ends(tarball, files), published=folder_ends(Path(made), package.folder, files)
        )


def main(names: list[str]) -> None:
    rows = packages()
    tarballs = fetched(row.pinned for row in rows)
    for number, row in enumerate(rows):
        if not names or row.pinned.name in names:
            began = time.monotonic()
            rows[number] = published(row, tarballs[row.pinned.name])
            print(f"{row.pinned.name} {time.monotonic() - began:.1f} s: {rows[number].packed} {rows[number].published}")
    save(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
