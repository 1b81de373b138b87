"""A deployment: one move of a channel, brought to every CDN and probed there.

- the move chooses the files that are probed, not chance: a repeated run probes the same files
- an answer is correct when its bytes are those of the version that it names, and that version may be served now
- a move that a newer one has overtaken has no verification
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from edgeship.domain.channels.channel import Channel
from edgeship.domain.errors import Refused
from edgeship.domain.events import Event, EventType, Occasion, timestamp
from edgeship.domain.naming import LATEST, copies_prefix
from edgeship.domain.version import Version

MISMATCHES_KEPT = 50
FREE_PATHS_A_MONTH = 1_000
"""Invalidation paths of all distributions of an account together; a folder is one.
Source: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/PayingForInvalidation.html"""
LATEST_COPIES = "latest_copies"
"""The `where` of a mismatch in the copies under `/<widget>/latest/`, not in a CDN's answers."""


class MismatchKind(StrEnum):
    """What does not match in an answer. The last three say nothing about the bytes that browsers get."""

    BYTES = "bytes"
    VERSION = "version"
    STATUS = "status"
    HEADERS = "headers"
    """Of a redirect, or of a script that inserts: no other release would have others."""
    UNREACHABLE = "unreachable"
    NOT_REFRESHED = "not_refreshed"


@dataclass(frozen=True)
class Mismatch:
    """`where` is a CDN's name or LATEST_COPIES, `path` the path on the CDN."""

    where: str
    path: str
    kind: MismatchKind
    expected: str
    got: str

    @property
    def condemns(self) -> bool:
        """Whether browsers get, or would get, something other than the release."""
        return self.kind in (MismatchKind.BYTES, MismatchKind.VERSION, MismatchKind.STATUS)

    def __str__(self) -> str:
        return f"{self.where.replace('_', ' ')}: {self.path} has {self.kind} {self.got}, not {self.expected}"


@dataclass(frozen=True)
class Verification:
    """The result at `at` (RFC 3339) of `checked` probes of these CDNs and of the latest copies."""

    at: str
    cdns: tuple[str, ...]
    checked: int
    mismatches: tuple[Mismatch, ...]

    @property
    def verified(self) -> bool:
        return not self.mismatches

    def to_dict(self) -> dict[str, Any]:
        return {
            "at": self.at,
            "cdns": list(self.cdns),
            "checked": self.checked,
            "mismatches": [asdict(mismatch) for mismatch in self.mismatches],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Verification:
        """Read what `to_dict` wrote."""
        mismatches = tuple(Mismatch(**{**d, "kind": MismatchKind(d["kind"])}) for d in document["mismatches"])
        return cls(document["at"], tuple(document["cdns"]), int(document["checked"]), mismatches)


@dataclass(frozen=True)
class Deployment:
    """The progress of a channel's newest move to the CDNs; one record a channel.

    `counted`: its invalidation paths are in the month's count. `settled` is the number of the last earlier move with a
    verification. `attempt` grows when an operator repeats the deployment. Sequence 0 means that there was none yet.
    """

    widget: str
    channel: str
    sequence: int = 0
    version: Version | None = None
    counted: bool = False
    settled: int = 0
    verification: Verification | None = None
    attempt: int = 1
    revision: int = 0

    def of(self, channel: Channel) -> Deployment:
        """The deployment of the channel's last move: this one, or a new one in its place."""
        if channel.sequence == self.sequence:
            return self
        settled = self.sequence if self.verification is not None else self.settled
        return Deployment(
            self.widget, self.channel, channel.sequence, channel.version, settled=settled, revision=self.revision
        )


def conclude(
    deployment: Deployment, channel: Channel, verification: Verification, occasion: Occasion
) -> tuple[Deployment, Event]:
    """The deployment with its verification, and the event of it."""
    kept = replace(verification, mismatches=verification.mismatches[:MISMATCHES_KEPT])
    event = Event.of(
        EventType.DEPLOYMENT_VERIFIED if verification.verified else EventType.DEPLOYMENT_FAILED,
        occasion.because(_cause(channel, verification)),
        channel.widget,
        (channel.name, channel.sequence, deployment.attempt),
        old=None,
        new={**channel.summary(), **{key: value for key, value in kept.to_dict().items() if key != "at"}},
    )
    return replace(deployment, verification=kept), event


def request(deployment: Deployment, channel: Channel, occasion: Occasion) -> tuple[Deployment, Event]:
    """Bring the channel's last move to the CDNs again, however the last attempt ended.

    Raises:
        Refused: `nothing_live`.
    """
    if channel.version is None:
        raise Refused(
            "nothing_live",
            f"{channel.name} of {channel.widget} points at no version.",
            f"Promote one: edgeship promote {channel.widget} VERSION.",
        )
    current = deployment.of(channel)
    again = replace(current, counted=False, verification=None, attempt=current.attempt + 1)
    event = Event.of(
        EventType.DEPLOYMENT_REQUESTED,
        occasion,
        channel.widget,
        (channel.name, channel.sequence, again.attempt),
        old=None,
        new=channel.summary(),
    )
    return again, event


def _cause(channel: Channel, verification: Verification) -> str:
    if verification.verified:
        return (
            f"{channel.name} is {channel.version} at {' and '.join(verification.cdns)}: {verification.checked} probes"
        )
    first, count = verification.mismatches[0], len(verification.mismatches)
    more = f", and {count - 1} more" if count > 1 else ""
    return f"{channel.name} is not {channel.version} everywhere: {first}{more}"


def verification_of(
    occasion: Occasion, cdns: Iterable[str], checked: int, mismatches: Iterable[Mismatch]
) -> Verification:
    return Verification(timestamp(occasion.at), tuple(cdns), checked, tuple(mismatches))


def selector(channel: str) -> str:
    """A channel's name in a path."""
    return channel if channel == LATEST else f"~{channel}"


def moving_folders(channel: Channel, passed: Collection[Version], root_widget: str | None) -> tuple[str, ...]:
    """The folders whose meaning moves with the channel: `/checkout/latest/`, and the ranges of the versions that it has
    `passed`, such as `/checkout/~1/` and `/checkout/~1.4/`. Those of the root widget have a second, shorter path."""
    names = {selector(channel.name)}
    for version in passed:
        names |= {f"~{version.major}", f"~{version.major}.{version.minor}"}
    prefixes = (f"/{channel.widget}/", "/") if channel.widget == root_widget else (f"/{channel.widget}/",)
    return tuple(f"{prefix}{name}/" for prefix in prefixes for name in sorted(names))


def latest_copies_folders(channel: Channel, root_widget: str | None) -> tuple[str, ...]:
    """The folders under which a cache may hold latest copies: it fetches them for a router without routes.

    CloudFront needs both the requested path and the rewritten path in an invalidation:
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
    """
    if channel.name != LATEST:
        return ()
    return (f"/{copies_prefix(channel.widget)}", *moving_folders(channel, (), root_widget))


def versions_passed(events: Iterable[Event], channel: Channel, since: int) -> Iterator[Version]:
    """The versions that a channel has pointed at, before and after each move later than number `since`."""
    for event in events:
        new = event.new or {}
        if event.type is EventType.POINTER_MOVED and new.get("channel") == channel.name and new["sequence"] > since:
            for summary in (event.old or {}, new):
                if summary.get("version"):
                    yield Version.parse(summary["version"])
