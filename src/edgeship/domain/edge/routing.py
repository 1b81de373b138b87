"""What a moving path means: `/checkout/latest/widget.js` is `/checkout/v1.4.2/widget.js` today.

It runs at the edge on every request to a moving path, so it imports only `re` and makes only dictionary lookups.

- only the first segments of a path are read: `/checkout/v1.0.0/latest/x.js` is an exact path, and is not changed
- the file part is never changed, decoded or normalised
- a rewritten path is always inside one release: a file part that climbs with `..` names nothing
- segments that are read are compared after decoding the percent-encoded unreserved characters, which RFC 3986
  (section 6.2.2.2) calls equivalent: `%7E1` is `~1`. CloudFront passes the viewer's spelling on unchanged
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Choose = Callable[[str, str, str], Any]
    Assign = Callable[[str, str, str, float], bool]
    Entry = tuple[dict[str, str], dict[str, str], dict[str, Any], frozenset[str], dict[str, tuple[str, float]]]

SCHEMA = 1
"""The snapshot's schema that this code reads; unknown fields are ignored."""

LATEST = "latest"

MAX_URI_LENGTH = 3 * 1024 + 1
"""Characters. An S3 key has at most 1,024 bytes, each at most `%XX` in a URI: a longer URI names no object.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

# The same names and versions as edgeship.domain.naming and .version accept; a test compares them. Those modules are not
# imported: their dataclasses cost 20 ms of cold start.
_WIDGET = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?")

_ENCODED_UNRESERVED = re.compile("%(2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])", re.IGNORECASE)
_SEPARATOR = re.compile(r"/|\\|%2f|%5c", re.IGNORECASE)
_ENCODED_DOT = re.compile("%2e", re.IGNORECASE)


class SnapshotInvalid(Exception):
    """A document is not a snapshot; the message says where. The caller keeps the last good one."""


class Rewrite:
    """The path means `uri`, a path inside one release."""

    __slots__ = ("uri",)

    def __init__(self, uri: str) -> None:
        self.uri = uri


class Unknown:
    """The path is a moving one and names something that does not exist.

    `kind` is widget, channel, range or file; `name` is its name in the path; `widget` is the widget of the path.
    """

    __slots__ = ("kind", "name", "widget")

    def __init__(self, kind: str, name: str, widget: str) -> None:
        self.kind = kind
        self.name = name
        self.widget = widget


class Routes:
    """A checked snapshot: which release every widget's channels and ranges mean.

    `Routes(document)` takes the parsed JSON of `edge/snapshot.json`.

    Raises:
        SnapshotInvalid: any part that routing reads is not as `edgeship.domain.edge.snapshot` writes it.
    """

    __slots__ = ("_widgets", "flags", "revision")

    def __init__(self, document: object) -> None:
        snapshot = _object(document, "the snapshot")
        if snapshot.get("schema") != SCHEMA:
            raise SnapshotInvalid(f"schema is {snapshot.get('schema')!r:.40}, not {SCHEMA}")
        revision = snapshot.get("revision")
        if type(revision) is not int or revision < 0:
            raise SnapshotInvalid("revision is not a whole number")
        self.revision = revision
        self.flags = snapshot.get("flags")
        """The entries of the flags by key, not checked here: the code that evaluates them does."""
        self._widgets = {
            name: _check_widget(name, routes) for name, routes in _object(snapshot.get("widgets"), "widgets").items()
        }

    def version(
        self, widget: str, selector: str, choose: Choose | None = None, assign: Assign | None = None
    ) -> str | Unknown:
        """The version that `selector`, a channel's name or a range such as `1` or `1.4`, means now.

        `choose` is called only for a channel that a flag routes. Its result, a version, a channel or a range, counts
        only if it leads to one of the widget's versions: else the channel's rollout, or its own version, is used.
        `assign` is called only for a channel with a running rollout: with the widget, the channel, the candidate and
        its percentage.
        """
        routes = self._widgets.get(widget)
        if routes is None:
            return Unknown("widget", widget, widget)
        channels, ranges, flags, _, rollouts = routes
        if "0" <= selector[:1] <= "9":
            return ranges.get(selector) or Unknown("range", selector, widget)
        stable = channels.get(selector)
        if stable is None:
            return Unknown("channel", selector, widget)
        if choose is not None and selector in flags:
            chosen = _permitted(choose(flags[selector], widget, selector), routes)
            if chosen is not None:
                return chosen
        if assign is not None and selector in rollouts:
            candidate, percent = rollouts[selector]
            return candidate if assign(widget, selector, candidate, percent) else stable
        return stable


def resolve(
    uri: str,
    routes: Routes | None,
    root_widget: str | None = None,
    choose: Choose | None = None,
    assign: Assign | None = None,
) -> Rewrite | Unknown | None:
    """What the path of a request means; None when it is not a moving path.

    `uri` begins with a slash, is percent-encoded and has no query. `root_widget` is the widget whose paths may leave
    its name out. Without routes, only that name is filled in; every other path goes to the origin unchanged. `choose`
    returns the value of a flag; its arguments are the flag's key, the widget and the channel. `assign` says whether the
    user is in a rollout; its arguments are the widget, the channel, the candidate and the percentage.
    """
    _, _, path = uri.partition("/")
    first, slash, rest = path.partition("/")
    if not slash:
        return None
    first = _normal(first)
    if root_widget is not None:
        if first[:1] == "v" and _VERSION.fullmatch(first, 1):
            return _inside(f"/{root_widget}/{first}/", rest, root_widget)
        selector = _selector(first)
        if selector is not None:
            if routes is None:
                return _inside(f"/{root_widget}/{first}/", rest, root_widget)
            return _chosen(routes, root_widget, selector, rest, choose, assign)
    second, slash, file = rest.partition("/")
    selector = _selector(_normal(second)) if slash else None
    if selector is None or routes is None:
        return None
    return _chosen(routes, first, selector, file, choose, assign)


def _chosen(
    routes: Routes, widget: str, selector: str, file: str, choose: Choose | None, assign: Assign | None
) -> Rewrite | Unknown:
    version = routes.version(widget, selector, choose, assign)
    return version if isinstance(version, Unknown) else _inside(f"/{widget}/v{version}/", file, widget)


def _permitted(chosen: object, routes: Entry) -> str | None:
    # Another channel may still point at a version that was rolled back, so the result is checked as well.
    if type(chosen) is not str:
        return None
    channels, ranges, _, versions, _ = routes
    name = chosen.removeprefix("~")
    version = ranges.get(name) or channels.get(name) or name.removeprefix("v")
    return version if version in versions else None


def _inside(release: str, file: str, widget: str) -> Rewrite | Unknown:
    # S3 takes `..` in a key literally, but other origins and proxies may climb; no release holds such a file.
    if (".." in file or "%" in file) and ".." in _SEPARATOR.split(_ENCODED_DOT.sub(".", file)):
        return Unknown("file", file, widget)
    if len(release) + len(file) > MAX_URI_LENGTH:
        return Unknown("file", file, widget)
    return Rewrite(release + file)


def _selector(segment: str) -> str | None:
    """The channel or range that a segment names: `latest`, `~next`, `~1.4`; None for any other segment."""
    if segment == LATEST:
        return LATEST
    return segment[1:] if segment[:1] == "~" else None


def _normal(segment: str) -> str:
    if "%" not in segment:
        return segment
    return _ENCODED_UNRESERVED.sub(lambda match: chr(int(match[1], 16)), segment)


def _check_widget(name: str, entry: object) -> Entry:
    if not _WIDGET.fullmatch(name):
        raise SnapshotInvalid(f"{name!r:.80} is not a widget's name")
    routes = _object(entry, name)
    channels = _object(routes.get("channels"), f"channels of {name}")
    ranges = _object(routes.get("ranges"), f"ranges of {name}")
    flags = {channel: to["flag"] for channel, to in channels.items() if type(to) is dict and "flag" in to}
    versions = routes.get("versions", []) if flags else []
    if type(versions) is not list or not all(type(flag) is str for flag in flags.values()):
        raise SnapshotInvalid(f"flags or versions of {name} are malformed")
    return (
        {channel: _check_version(_object(to, channel).get("stable"), name) for channel, to in channels.items()},
        {selector: _check_version(version, name) for selector, version in ranges.items()},
        flags,
        frozenset(_check_version(version, name) for version in versions),
        {
            channel: _check_rollout(to, name)
            for channel, to in channels.items()
            if type(to) is dict and "candidate" in to
        },
    )


def _check_rollout(entry: dict[str, object], widget: str) -> tuple[str, float]:
    percent = entry.get("percent")
    if type(percent) not in (int, float) or not 0 <= percent <= 100:  # type: ignore[operator]  # a number by then
        raise SnapshotInvalid(f"percent {percent!r:.40} of a rollout of {widget} is not 0 to 100")
    if abs(percent * 100 - round(percent * 100)) > 1e-8:  # type: ignore[operator]
        raise SnapshotInvalid(f"percent {percent!r:.40} of a rollout of {widget} is finer than 0.01")
    return _check_version(entry["candidate"], widget), percent  # type: ignore[return-value]


def _check_version(version: object, widget: str) -> str:
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise SnapshotInvalid(f"{version!r:.80} is not a version of {widget}")
    return version


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise SnapshotInvalid(f"{what:.80} is not an object")
    return value
