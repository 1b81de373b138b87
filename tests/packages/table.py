"""The packages that are published, what is expected of each, and the page in the docs that shows it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from edgeship.domain.releases.contents.withheld import is_public
from tests.packages.publishing import Files, Outcome, files_of, publish_archive, publish_folder
from tests.packages.registry import Pinned
from tests.support.repository import ROOT

TABLE = Path(__file__).parent / "packages.json"
PAGE = ROOT / "docs" / "npm-packages.md"
UNSAID = "source_map"
"""A warning of nearly every package: maps are never public."""
WHY = {
    "too_many_files": "it has more than 2,000 files. Publish one of its folders, or raise `max_files`",
    "kind_unknown": "its entrypoint is too large to be parsed, and nothing says whether it is a module. Give `--kind`",
    "entrypoint_missing": "nothing says which of its files is the entrypoint. Give `--entrypoint`",
    "file_too_large": "a file has more than 25 MiB. Exclude it, or raise `max_file_bytes`",
    "bundle_too_large": "it unpacks to more than 250 MiB. Publish one of its folders",
}


@dataclass(frozen=True)
class Expected:
    """How a publication ends: refused with a code, or with so many public files and so many withheld."""

    refused: str | None = None
    entrypoint: str = ""
    kind: str = ""
    files: int = 0
    withheld: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """`packed` is for the tarball as npm made it, `published` for a folder of it as `edgeship publish` packs it. Those
    that are `quick` are published in each run of the tests."""

    pinned: Pinned
    quick: bool
    folder: str
    packed: Expected = Expected()
    published: Expected = Expected()


def packages() -> list[Package]:
    return [_loaded(row) for row in json.loads(TABLE.read_text())]


def save(rows: Iterable[Package]) -> None:
    documents = [
        {**asdict(row.pinned), **{name: value for name, value in asdict(row).items() if name != "pinned"}}
        for row in rows
    ]
    TABLE.write_text(json.dumps(documents, indent=1) + "\n")
    PAGE.write_text(page(packages()))


def tarball_ends(tarball: Path, files: Files) -> Expected:
    """How it ends for the tarball.

    Raises:
        AssertionError: a file that is served is not the package's, or one is missing.
    """
    return _ending(publish_archive(tarball, files), files)


def folder_ends(package: Path, folder: str, files: Files) -> Expected:
    """How it ends for a folder of the package, which lies unpacked at `package`.

    Raises:
        AssertionError: as above.
    """
    prefix = "" if folder == "." else f"{folder}/"
    inside = {path.removeprefix(prefix): body for path, body in files.items() if path.startswith(prefix)}
    return _ending(publish_folder(package / folder, files), inside)


def page(rows: Iterable[Package]) -> str:
    """The page, as Markdown."""
    rows = list(rows)
    used = dict.fromkeys(ends.refused for row in rows for ends in (row.packed, row.published) if ends.refused)
    lines = [
        "# npm packages",
        "",
        f"{len(rows)} packages of npm's registry are published in the nightly tests,",
        f"{sum(row.quick for row in rows)} of them in each run: the tarball as `npm pack` made it,",
        "put into the inbox, and a folder of it by `edgeship publish`, without options. Each public file has the bytes",
        "that the tarball has. *Withheld* are",
        "[source maps, tests and hidden files](bring-your-bundle.md#what-is-left-out).",
        "",
        "| package | as packed | withheld | folder | published | withheld |",
        "|---|---|---|---|---|---|",
        *(_row(row) for row in rows),
        "",
        "What is refused, and why:",
        "",
        *(f"- `{code}`: {WHY[code]}." for code in used),
        "",
    ]
    return "\n".join(lines)


def _row(row: Package) -> str:
    cells = (
        f"{row.pinned.name} {row.pinned.version}",
        *_cells(row.packed),
        "the package" if row.folder == "." else f"`{row.folder}`",
        *_cells(row.published),
    )
    return f"| {' | '.join(cells)} |"


def _cells(ends: Expected) -> Iterator[str]:
    if ends.refused:
        yield f"refused: `{ends.refused}`"
        yield ""
        return
    warned = "".join(f", warns: `{code}`" for code in ends.warnings)
    yield f"`{ends.entrypoint}` ({ends.kind}), {ends.files} {'file' if ends.files == 1 else 'files'}{warned}"
    yield str(ends.withheld)


def _ending(outcome: Outcome, files: Files) -> Expected:
    if outcome.served is None:
        return Expected(outcome.refused)
    served = dict(outcome.served)
    index = served.pop("", None)
    assert index in (None, served[outcome.entrypoint])
    public = {_released(path): body for path, body in files.items() if is_public(path)}
    missing, added = public.keys() - served.keys(), served.keys() - public.keys()
    assert not added
    # Older versions of npm packed files of the top folder that today's leaves out.
    assert all(path.upper().startswith(("CHANGELOG", "CHANGES", "HISTORY", "NOTICE")) for path in missing), missing
    assert all(body == public[path] for path, body in served.items())
    warnings = tuple(code for code in outcome.warnings if code != UNSAID)
    withheld = len(files) - len(public)
    return Expected(None, outcome.entrypoint, outcome.kind, len(served), withheld, warnings)


def _released(path: str) -> str:
    return "manifest.bundler.json" if path == "manifest.json" else path


def _loaded(row: dict[str, object]) -> Package:
    fields = dict(row)
    pinned = Pinned(*(str(fields.pop(name)) for name in ("name", "version", "integrity")))
    ends = {name: _expected(fields.pop(name, {})) for name in ("packed", "published")}
    return Package(pinned, bool(fields["quick"]), str(fields["folder"]), **ends)


def _expected(fields: object) -> Expected:
    assert isinstance(fields, dict)
    return Expected(**{**fields, "warnings": tuple(fields.get("warnings", ()))})


__all__ = ["PAGE", "Expected", "Package", "files_of", "folder_ends", "packages", "page", "save", "tarball_ends"]
