"""What names a preview: in the inbox, in the bucket of previews, and in URLs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from edgeship.domain.errors import Refused
from edgeship.domain.naming import ARCHIVE_SUFFIXES, INCOMING, UploadKey, check_widget
from edgeship.domain.plain_text import quoted
from edgeship.domain.version import Version

FOLDER = "previews"
"""The third segment of an upload's key, where a release has its version. No version is written like it."""
MOVING, EXACT = "preview", "p"
"""The second segment of a URL: of the path that moves with each build, and of one build's own."""
MIN_TTL, MAX_TTL, DEFAULT_TTL = timedelta(hours=1), timedelta(days=30), timedelta(days=7)
BUILD_LENGTH = 32
"""Hexadecimal digits of a build's digest in its path: 128 bits."""

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_TTL = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_ARCHIVE = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


def check_preview(name: str) -> str:
    """Return `name` if it may name a preview.

    Raises:
        Refused: `preview_invalid`.
    """
    if not _NAME.fullmatch(name):
        raise Refused(
            "preview_invalid",
            f"Preview name {quoted(name)} is not valid.",
            "Use 1 to 40 lowercase letters, digits and hyphens, beginning with a letter and not ending with a hyphen, "
            "for example pr-123.",
        )
    return name


def check_ttl(seconds: int) -> timedelta:
    """How long a preview is served.

    Raises:
        Refused: `ttl_invalid`.
    """
    if not MIN_TTL.total_seconds() <= seconds <= MAX_TTL.total_seconds():
        raise Refused(
            "ttl_invalid",
            f"A preview can't be served for {seconds:,} seconds.",
            f"Give at least {MIN_TTL.seconds // 3600} hour (3600 seconds), and at most {MAX_TTL.days} days.",
        )
    return timedelta(seconds=seconds)


def preview_version(name: str) -> Version:
    """The version that a preview's files, its manifest and its signature state: lower than that of any release, so that
    a statement for a preview publishes no release, and the other way round."""
    return Version.parse(f"0.0.0-{name}")


def is_preview_key(key: str) -> bool:
    """Whether an inbox key is one of a preview, valid or not."""
    return key.startswith(INCOMING) and key.split("/")[2:3] == [FOLDER] and key.count("/") > 2


def moving_path(widget: str, name: str) -> str:
    """The folder of a preview on the CDN, whatever its build; with a slash at both ends."""
    return f"/{widget}/{MOVING}/{name}/"


def build_prefix(widget: str, name: str, build: str) -> str:
    """The folder of one build in the bucket of previews and on the CDN, with its trailing slash."""
    return f"{widget}/{EXACT}/{name}/{build}/"


@dataclass(frozen=True)
class PreviewKey:
    """The parts of an upload's key: `incoming/<widget>/previews/<name>/<seconds>/<archive>.tar.gz` (`.tgz`, `.zip`).

    The key says all that makes an upload a preview. So it is known before anything of the archive is read, and a policy
    can allow somebody to put previews alone. `archive` is a name of the uploader's choice.
    """

    widget: str
    name: str
    ttl: timedelta
    archive: str
    suffix: str

    @classmethod
    def parse(cls, key: str) -> PreviewKey:
        """Read an inbox key.

        Raises:
            Refused: `key_invalid`, `widget_invalid`, `preview_invalid` or `ttl_invalid`.
        """
        expected = (
            f"Put archives of previews at {INCOMING}<widget>/{FOLDER}/<name>/<seconds>/<archive> followed by "
            f"{', '.join(ARCHIVE_SUFFIXES)}."
        )
        parts = key.removeprefix(INCOMING).split("/")
        if not is_preview_key(key) or len(parts) != 5:
            raise Refused("key_invalid", f"Key {quoted(key)} does not name a widget and a preview.", expected)
        widget, _, name, seconds, file = parts
        suffix = next((each for each in ARCHIVE_SUFFIXES if file.endswith(each)), None)
        if suffix is None or not _ARCHIVE.fullmatch(file.removesuffix(suffix)) or not _TTL.fullmatch(seconds):
            raise Refused("key_invalid", f"Key {quoted(key)} does not end in seconds and an archive.", expected)
        ttl = check_ttl(int(seconds))
        return cls(check_widget(widget), check_preview(name), ttl, file.removesuffix(suffix), suffix)

    @property
    def checked_as(self) -> UploadKey:
        """The key by which its archive is checked as every other archive."""
        return UploadKey(self.widget, preview_version(self.name), self.suffix)

    def __str__(self) -> str:
        seconds = int(self.ttl.total_seconds())
        return f"{INCOMING}{self.widget}/{FOLDER}/{self.name}/{seconds}/{self.archive}{self.suffix}"
