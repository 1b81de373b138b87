"""A changelog in the form of Keep a Changelog: https://keepachangelog.com/en/1.1.0/.

Only the section of a release is written; all else stays as it is, to the byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from edgeship.domain.version import Version
from edgeship.domain.versioning.changes import GROUPS, Changes, Entries

CHANGELOG_NAME = "CHANGELOG.md"
TITLE = (
    "# Changelog",
    "",
    "Format: [Keep a Changelog](https://keepachangelog.com/en/1.1.0/). Versions: [SemVer](https://semver.org).",
    "",
    "## Unreleased",
    "",
)
_HEADING = re.compile(r"## +(?P<open>\[?)(?P<name>[^\]\s]+)(?P<close>\]?)")
_GROUP = re.compile(r"### +(?P<name>\S.*)")
_ENTRY = re.compile(r"[-*+] +(?P<text>.*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_COMPARED = re.compile(r"\[unreleased\]: *(?P<url>\S+?)/compare/(?P<last>\S+?)\.\.\.(?P<head>\S+)", re.IGNORECASE)
_LINK = re.compile(r"\[[^\]]+\]: ")


@dataclass(frozen=True)
class Section:
    """The lines of a release, without its heading: from `first` to before `end`."""

    name: str
    first: int
    end: int
    bracketed: bool

    @property
    def is_release(self) -> bool:
        return self.name[:1].isdigit()

    @property
    def is_unreleased(self) -> bool:
        return self.name.lower() == "unreleased"


def released(text: str, version: Version, day: str, changes: Changes, tag: str) -> str:
    """The changelog with the section of a release. `day` is `2026-11-27`; `tag` is the release's.

    What stands under `Unreleased` becomes the release's section, as written; where nothing stands there, `changes`
    do. A text that has a section of this version already is returned as it is.
    """
    ending = "\r" if "\r\n" in text else ""
    lines = text.split("\n") if text.strip() else list(TITLE)
    sections = [section for section in _sections(lines) if section.is_release or section.is_unreleased]
    if any(section.name == str(version) for section in sections):
        return text
    bracketed = any(section.bracketed for section in sections)
    heading = f"## [{version}] - {day}" if bracketed else f"## {version} - {day}"
    unreleased = next((section for section in sections if section.is_unreleased), None)
    if unreleased:
        start, place = unreleased.first, unreleased.end
        body = _trimmed(lines[start:place])
    else:
        start = place = min((section.first - 1 for section in sections), default=_links_start(lines))
        body = []
    listed = body or [f"{line}{ending}" for line in _listed(changes)]
    rest = lines[place:] if any(line.strip() for line in lines[place:]) else []
    above = _trimmed(lines[:start], top=0)
    made = [*above, *([ending] if above else []), f"{heading}{ending}", ending, *listed]
    made += [ending, *rest] if rest else [""]
    return "\n".join(_with_links(made, version, tag) if bracketed else made)


def section_of(text: str, version: Version) -> Changes | None:
    """What the changelog lists for a version; None if it has no such section."""
    lines = text.split("\n")
    for section in _sections(lines):
        if section.name == str(version):
            return Changes(_entries(lines[section.first : section.end]))
    return None


def _sections(lines: list[str]) -> Iterator[Section]:
    fenced, open_heading = False, None
    ends = _links_start(lines)
    for number, line in enumerate(lines[:ends]):
        if _FENCE.match(line):
            fenced = not fenced
        if fenced or not line.startswith(("# ", "## ")):
            continue
        if open_heading is not None:
            yield _section(lines, open_heading, number)
        open_heading = number if _HEADING.match(line) else None
    if open_heading is not None:
        yield _section(lines, open_heading, ends)


def _section(lines: list[str], heading: int, end: int) -> Section:
    match = _HEADING.match(lines[heading])
    assert match is not None
    name = match["name"].removeprefix("v")
    return Section(name, heading + 1, end, bracketed=bool(match["open"] and match["close"]))


def _links_start(lines: list[str]) -> int:
    """Where the links at the end of the file begin; its end if there are none."""
    place = len(lines)
    while place and (not lines[place - 1].strip() or _LINK.match(lines[place - 1])):
        place -= 1
    return next((n for n in range(place, len(lines)) if lines[n].strip()), len(lines))


def _entries(lines: list[str]) -> Entries:
    """The first level of each list, with the lines that go on; what stands under no group counts as changed."""
    group, found = "Changed", dict[str, list[str]]()
    for line in lines:
        if match := _GROUP.match(line):
            group = match["name"].strip().capitalize()
        elif match := _ENTRY.match(line):
            found.setdefault(group, []).append(match["text"].strip())
        elif line.startswith((" ", "\t")) and found.get(group):
            found[group][-1] += f" {line.strip()}"
    return {group: tuple(texts) for group, texts in found.items()}


def _listed(changes: Changes) -> Iterator[str]:
    groups = [group for group in GROUPS if group in changes.entries]
    for number, group in enumerate(groups):
        if number:
            yield ""
        yield f"### {group}"
        yield ""
        yield from (f"- {text}" for text in changes.entries[group])


def _with_links(lines: list[str], version: Version, tag: str) -> Iterator[str]:
    for line in lines:
        match = _COMPARED.fullmatch(line.strip())
        if match is None:
            yield line
            continue
        ending = "\r" if line.endswith("\r") else ""
        yield f"{line.partition(':')[0]}: {match['url']}/compare/{tag}...{match['head']}{ending}"
        yield f"[{version}]: {match['url']}/compare/{match['last']}...{tag}{ending}"


def _trimmed(lines: list[str], top: int | None = None) -> list[str]:
    """Without the empty lines at the end, and those before `top`, or at the beginning."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] if top is None else top : filled[-1] + 1] if filled else []
