"""What a moving path means: the specification of the router at the edge (functions/router), which is held to it.

`/checkout/latest/widget.js` leads to `/checkout/v1.4.2/widget.js` today. One request decides which release a page view
gets; all that follows from the exact path is of the same release.

- a path has one spelling: its first segments are compared as they came, and any other spelling is unknown
- `/checkout/v1.0.0/latest/x.js` is an exact path, and goes on as it came
- the file part is never changed, decoded or normalised; one that climbs with `..` names nothing
- routes come from a store of keys and values (edgeship.domain.edge.route_values): at most two reads a request
- a store without its revision is not filled yet: requests go on to the latest copies
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from edgeship.domain.bucketing import bucket_of, rollout_salt, salt_of_testers, unpack_digest
from edgeship.domain.edge.route_values import (
    EXPORTS,
    EXPORTS_DEFAULT,
    IN_PLACE,
    REDIRECTED,
    StoredRelease,
    entry_in,
    parsed,
    release_in,
)
from edgeship.domain.edge.steps import FlagStep, RolloutStep
from edgeship.domain.edge.user_identity import decoded, first, identity
from edgeship.domain.naming import LATEST, copies_prefix

POLICY_PATH = "/edgeship/~t/"
"""No widget is named `edgeship`."""
REVISION_KEY = ".revision"
"""No widget's name begins with a dot."""
TRACK = "edgeship-track"
MAX_URI_LENGTH = 3 * 1024 + 1
"""Characters. An S3 key has at most 1,024 bytes, each at most `%XX` in a URI: a longer URI names no object.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html"""

_WIDGET = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = r"(?:0|[1-9][0-9]*)"
_IDENTIFIER = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_EXACT = re.compile(rf"v{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_IDENTIFIER}(?:\.{_IDENTIFIER})*)?")
_CHANNEL = re.compile(r"[a-z][a-z0-9-]{0,31}")
_RANGE = re.compile(rf"{_NUMBER}(?:\.{_NUMBER})?")
_MAX_QUOTED = 200
_NOT_PRINTABLE = re.compile(r"[^ -~]")
_SEPARATOR = re.compile(r"/|\\|%2f|%5c", re.IGNORECASE)
_ENCODED_DOT = re.compile("%2e", re.IGNORECASE)

Get = Callable[[str], str | None]
"""A read of the store; None when there is no such key."""


@dataclass(frozen=True)
class Request:
    """`uri` begins with a slash and is percent-encoded; query values and cookies are as they came, names of headers in
    lower case; `now` is in seconds since the epoch."""

    uri: str
    method: str = "GET"
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    now: float = 0.0


@dataclass(frozen=True)
class Redirect:
    """This page view gets `version`: a 302 to `location`, an exact path with the request's query."""

    location: str
    version: str


@dataclass(frozen=True)
class Insert:
    """This page view gets `version`: a script that inserts `location`, a classic script, with its `integrity`."""

    location: str
    version: str
    integrity: str


@dataclass(frozen=True)
class ReExport:
    """This page view gets `version`: a module that exports what `location` exports, `default` included or not.

    `location` is the exact path without the request's query: the release's own scripts import the entrypoint without
    one, and browsers run a module once for each URL that it is asked for by.
    """

    location: str
    version: str
    default: bool


@dataclass(frozen=True)
class Serve:
    """The bytes of `uri` are served under the moving path."""

    uri: str


@dataclass(frozen=True)
class Continue:
    """The request goes on to the origin with this `uri`: an exact path, or the latest copies for a store not filled."""

    uri: str


@dataclass(frozen=True)
class Unknown:
    """Nothing is there: `kind` is widget, channel, range, file or path; `name` is its name in the path."""

    kind: str
    name: str
    widget: str

    @property
    def sentence(self) -> str:
        """What the 404 says."""
        name, widget = _quoted(self.name), _quoted(self.widget)
        return {
            "widget": f"There is no widget {name}.",
            "channel": f"Widget {widget} has no channel {name}.",
            "range": f"Widget {widget} has no live release in the range {name}.",
            "file": f"No release of widget {widget} can have a file {name}.",
            "path": f"No release has the path {name}. Write /<widget>/latest/<file> or /<widget>/~<channel>/<file>.",
        }[self.kind]


@dataclass(frozen=True)
class Policy:
    """The module by which a page's inserted scripts get their URL where it asks for Trusted Types."""


@dataclass(frozen=True)
class Preflight:
    """The answer to OPTIONS: any origin may ask with any header."""


Outcome = Redirect | Insert | ReExport | Serve | Continue | Unknown | Policy | Preflight


@dataclass(frozen=True)
class Decision:
    """What becomes of a request, and the steps that led there.

    `selector` is None for a path that is no moving one, and `version` where no release was chosen.
    """

    outcome: Outcome
    widget: str = ""
    selector: str | None = None
    version: str | None = None
    flag: FlagStep | None = None
    rollout: RolloutStep | None = None


def route(request: Request, get: Get, root_widget: str | None = None) -> Outcome:
    """What becomes of a request. `root_widget` is the widget whose paths may leave its name out."""
    return decide(request, get, root_widget).outcome


def decide(request: Request, get: Get, root_widget: str | None = None) -> Decision:
    """The same, with the steps that led there."""
    if request.method == "OPTIONS":
        return Decision(Preflight())
    if request.uri == POLICY_PATH:
        return Decision(Policy())
    widget, second, file = _split(request.uri, root_widget)
    selector = _selector(second)
    if file is None or not _WIDGET.fullmatch(widget) or (selector is None and not _EXACT.fullmatch(second)):
        return Decision(Unknown("path", request.uri, widget), widget)
    if _climbs(file):
        return Decision(Unknown("file", file, widget), widget, selector)
    if selector is None:
        return Decision(Continue(_path(widget, second, file)), widget, version=second[1:])
    routes = _read(get, widget)
    if routes is None:
        if get(REVISION_KEY) is None:
            return Decision(Continue(_without_routes(widget, second, file)), widget, selector)
        return Decision(Unknown("widget", widget, widget), widget, selector)
    if entry_in(routes, selector) is None:
        spilled = _read(get, f"{widget}/{selector}") if routes.get("m") else None
        if spilled is None:
            kind = "range" if selector[0].isdigit() else "channel"
            return Decision(Unknown(kind, selector, widget), widget, selector)
        routes = spilled
    chosen, flag, rollout = _chosen(request, get, widget, selector, routes)
    release = release_in(routes, chosen)
    return Decision(_outcome(request, widget, file, release), widget, selector, release.version, flag, rollout)


def leaves_widget_out(uri: str) -> bool:
    """Whether a path is one of a root widget, where there is one."""
    first_segment, _, _ = uri[1:].partition("/")
    return _selector(first_segment) is not None or _EXACT.fullmatch(first_segment) is not None


def _split(uri: str, root_widget: str | None) -> tuple[str, str, str | None]:
    """Widget, second segment and file of a path; the file is None where there are fewer segments."""
    first_segment, _, rest = uri[1:].partition("/")
    if root_widget is not None and leaves_widget_out(uri):
        return root_widget, first_segment, rest if uri.count("/") > 1 else None
    second, slash, file = rest.partition("/")
    return first_segment, second, file if slash else None


def _selector(segment: str) -> str | None:
    """The channel or range that a segment names: `latest`, `~next`, `~1.4`; None for any other segment."""
    if segment == LATEST:
        return LATEST
    name = segment[1:]
    if segment[:1] != "~" or name == LATEST or not (_CHANNEL.fullmatch(name) or _RANGE.fullmatch(name)):
        return None
    return name


def _read(get: Get, key: str) -> Mapping[str, Any] | None:
    value = get(key)
    return None if value is None else parsed(value)


def _chosen(
    request: Request, get: Get, widget: str, selector: str, routes: Any
) -> tuple[int, FlagStep | None, RolloutStep | None]:
    """The index of the release that this request gets, and the steps to it."""
    entry, flag = entry_in(routes, selector), None
    if isinstance(entry, dict):
        by_flag, flag = _by_flag(request, get, f"{widget}/{selector}@", entry)
        if by_flag >= 0:
            return by_flag, flag, None
        entry = entry["o"]
    if isinstance(entry, int):
        return entry, flag, None
    stable, candidate, hundredths, *asks = entry
    current, next_ = release_in(routes, stable).version, release_in(routes, candidate).version
    track = decoded(first(request.query, TRACK))
    bucket, _ = _digest(request, rollout_salt(widget, selector, next_))
    named = track.decode() if track in (b"stable", b"candidate") else ""
    token = _digest(request, salt_of_testers(widget))[1] if asks and not named else ""
    is_tester = bool(token) and get(f"{widget}/{selector}@{token}") is not None
    rollout = RolloutStep(current, next_, hundredths, bucket, named, is_tester)
    return candidate if rollout.takes_candidate else stable, flag, rollout


def _by_flag(request: Request, get: Get, targets: str, entry: Any) -> tuple[int, FlagStep]:
    """What the flag says for this user: an index, or -1 for what the channel means without it."""
    phases = entry["p"]
    number = 0
    for later in range(1, len(phases)):
        if phases[later][0] <= request.now:
            number = later
    at, shares, *target = phases[number]
    bucket, token = _digest(request, entry["k"])
    is_target = bool(target) and get(targets + token) is not None
    choice = target[0] if is_target else next(index for end, index in shares if bucket < end)
    begins = [0, *(end for end, _ in shares)]
    share = sum(end - begin for begin, (end, index) in zip(begins, shares, strict=False) if index == choice)
    return choice, FlagStep(entry["k"], number + 1, len(phases), at, bucket, share, is_target, choice >= 0)


def _digest(request: Request, salt: str) -> tuple[int, str]:
    """Bucket and token of the request's user; see edgeship.domain.bucketing."""
    user = identity(request.query, request.headers, request.cookies, request.address)
    h, token = unpack_digest(sha256(user + salt.encode()).digest())
    return bucket_of(h), token.hex()


def _outcome(request: Request, widget: str, file: str, release: StoredRelease) -> Outcome:
    path = _path(widget, f"v{release.version}", file)
    if len(path) > MAX_URI_LENGTH:
        return Unknown("file", file, widget)
    if release.how == IN_PLACE:
        return Serve(path)
    if release.entrypoint == file and release.how in (EXPORTS, EXPORTS_DEFAULT):
        return ReExport(path, release.version, release.how == EXPORTS_DEFAULT)
    query = "&".join(f"{name}={value}" for name, values in request.query.items() for value in values)
    location = f"{path}?{query}" if query else path
    if release.entrypoint == file and release.how != REDIRECTED:
        return Insert(location, release.version, f"sha256-{release.how}=")
    return Redirect(location, release.version)


def _path(widget: str, second: str, file: str) -> str:
    return f"/{widget}/{second}/{file}"


def _without_routes(widget: str, second: str, file: str) -> str:
    """Where a moving path leads when there are no routes: `latest` has copies, and the rest is nowhere."""
    return f"/{copies_prefix(widget)}{file}" if second == LATEST else _path(widget, second, file)


def _climbs(file: str) -> bool:
    # S3 takes `..` in a key literally, but other origins and proxies may climb; no release holds such a file.
    return ".." in _SEPARATOR.split(_ENCODED_DOT.sub(".", file))


def _quoted(name: str) -> str:
    cut = name if len(name) <= _MAX_QUOTED else name[:_MAX_QUOTED] + "..."
    return _NOT_PRINTABLE.sub("?", json.dumps(cut, ensure_ascii=False))
