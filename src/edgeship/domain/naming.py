"""Widgets, channels and the keys under which their files live."""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeship.domain.errors import Refused
from edgeship.domain.plain_text import quoted
from edgeship.domain.version import Version

LATEST = "latest"
MANIFEST_NAME = "manifest.json"
"""Reserved in every release: written last, so its presence means that every other file is there."""
UPLOADED_MANIFEST_NAME = "edgeship.json"
ARCHIVE_SUFFIXES = (".tar.gz", ".tgz", ".zip")
INCOMING = "incoming/"
ACCEPTED = "accepted/"
MAPS = "maps/"
SURFACES = "surfaces/"
REJECTED = "rejected/"
HEALTH = "health/"
COPIES = "_latest/"
"""Of the latest copies in the site bucket. No widget's name has an underscore: so no spelling of a moving path, such as
`/checkout/latest%2Fx.js`, which reaches S3 without the router, names a copy."""

ENCODED = "_encoded/"
"""Of what is served instead of files, in the site bucket: a folder for each of the content codings that a viewer may
take, with the paths of the bucket itself in it."""

TAKEN = ("br-gzip", "br", "gzip")
"""The content codings that a viewer may take, of those that CloudFront keeps apart in its cache; as
`functions/router/encoded.js` joins them."""

_WIDGET = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")
RESERVED_WIDGETS = frozenset({"edgeship", "health", "ofrep", "telemetry", "latest"})
"""First path segments that mean something else on the CDN."""


def check_widget(name: str) -> str:
    """Return `name` if it may name a widget.

    Raises:
        Refused: `widget_invalid`.
    """
    if not _WIDGET.fullmatch(name):
        raise Refused(
            "widget_invalid",
            f"Widget name {quoted(name)} is not valid.",
            "Use 1 to 63 lowercase letters, digits and hyphens, beginning and ending with a letter or digit.",
        )
    if name in RESERVED_WIDGETS:
        raise Refused(
            "widget_invalid",
            f"Widget name {name!r} is reserved: the CDN serves something else under that path.",
            f"Choose another name; reserved are {', '.join(sorted(RESERVED_WIDGETS))}.",
        )
    return name


def check_channel(name: str) -> str:
    """Return `name` if it may name a channel; in URLs it is written `~name`, except for `latest`.

    Raises:
        Refused: `channel_invalid`.
    """
    if not _CHANNEL.fullmatch(name):
        raise Refused(
            "channel_invalid",
            f"Channel name {quoted(name)} is not valid.",
            "Use 1 to 32 lowercase letters, digits and hyphens, beginning with a letter, for example beta.",
        )
    return name


def channel_in(segment: str) -> str:
    """The channel that a segment of a URL names: `latest`, or what follows the `~`; empty for a version or a range."""
    if segment == LATEST:
        return LATEST
    name = segment[1:] if segment.startswith("~") else ""
    return name if name != LATEST and _CHANNEL.fullmatch(name) else ""


def release_prefix(widget: str, version: Version) -> str:
    """The immutable folder of a release in the site bucket and on the CDN, with its trailing slash."""
    return f"{widget}/v{version}/"


def encoded_folder(taken: str) -> str:
    """The folder of what is served to who takes these content codings (one of `TAKEN`), with its trailing slash."""
    return f"{ENCODED}{taken}/"


def copies_prefix(widget: str) -> str:
    """The folder of a widget's latest copies, with its trailing slash."""
    return f"{COPIES}{widget}/"


def moving_manifests_prefix(widget: str) -> str:
    """The folder of a widget's moving manifests in the site bucket and on the CDN, with its trailing slash. Folders of
    releases begin with `v`, and selectors of channels with `~`."""
    return f"{widget}/manifests/"


def health_key(widget: str, version: Version) -> str:
    """The key of a release's health page in the site bucket, and its path on the CDN; root widgets have no other."""
    return f"{HEALTH}{widget}/v{version}"


@dataclass(frozen=True)
class UploadKey:
    """The parts of an upload's key: `incoming/<widget>/<version>.tar.gz` (`.tgz`, `.zip`)."""

    widget: str
    version: Version
    suffix: str

    @classmethod
    def parse(cls, key: str) -> UploadKey:
        """Read an inbox key.

        Raises:
            Refused: `key_invalid`, `widget_invalid` or `version_invalid`.
        """
        expected = f"Put archives at {INCOMING}<widget>/<version> followed by {', '.join(ARCHIVE_SUFFIXES)}."
        widget, slash, name = key.removeprefix(INCOMING).partition("/")
        if not key.startswith(INCOMING) or not slash or "/" in name:
            raise Refused("key_invalid", f"Key {quoted(key)} does not name a widget and a version.", expected)
        suffix = next((s for s in ARCHIVE_SUFFIXES if name.endswith(s)), None)
        if suffix is None:
            raise Refused("key_invalid", f"Key {quoted(key)} does not have an archive's suffix.", expected)
        return cls(check_widget(widget), Version.parse(name.removesuffix(suffix)), suffix)

    def __str__(self) -> str:
        return f"{INCOMING}{self.widget}/{self.version}{self.suffix}"


def widget_of_key(key: str) -> str | None:
    """The widget that an inbox key names, even if the rest of the key is not valid; None if it names none."""
    widget, slash, _ = key.removeprefix(INCOMING).partition("/")
    return widget if slash and _WIDGET.fullmatch(widget) and widget not in RESERVED_WIDGETS else None
