"""Beacons as they come from browsers, or from anybody: strictly parsed, or refused.

`/telemetry?d=<JSON in UTF-8, in base64url without padding>`; docs/telemetry.md says what the fields mean. URL-encoded
JSON, which telemetry.js once sent, is read, too.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Annotated, Any, Final
from urllib.parse import unquote_to_bytes

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints, ValidationError

from edgeship.domain.errors import Refused
from edgeship.domain.naming import channel_in
from edgeship.domain.telemetry.beacon import (
    MAX_ERRORS,
    MAX_FRAME_LENGTH,
    MAX_FRAMES,
    MAX_LENGTH,
    MAX_MESSAGE_LENGTH,
    MAX_SESSION_AGE,
    Beacon,
    Refusal,
    ReportedError,
)
from edgeship.domain.telemetry.custom_metrics import MAX_VALUE, MAX_VALUES, NAME
from edgeship.domain.telemetry.tokens import MAX_TOKEN_LENGTH
from edgeship.domain.version import MAX_VERSION_LENGTH, Version

PARAMETER: Final = "d"
_MAX_ENCODED = MAX_LENGTH * len("%F0%9F%98%80")
"""Characters of a beacon's JSON, each of the most bytes and each byte encoded."""

_MAX_CLOCK_SHIFT = 10**10
"""Seconds."""
_BASE64URL = re.compile(r"ey[A-Za-z0-9_-]*")
_RELEASE_FOLDER = re.compile(r"(?:v[0-9]+\.|latest|~)[^/]*/")
_Flag = Annotated[int, Field(ge=0, le=1)]


def _without_halves(text: object) -> object:
    """A browser cuts messages between UTF-16 units: half a surrogate pair is no text."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


_Message = Annotated[
    str,
    BeforeValidator(_without_halves),
    Strict(),
    StringConstraints(min_length=1, max_length=MAX_MESSAGE_LENGTH),
]
_MAX_COUNT = 1_000
_MAX_LATENCY = 600_000
"""Milliseconds. What is over these two counts as them: telemetry.js has no room to keep to them."""
_Count = Annotated[int, Strict(), Field(ge=1, le=10**9)]
# A path as URLs spell it, without query and fragment, then line and column from 1.
_Frame = Annotated[
    str,
    Strict(),
    StringConstraints(max_length=MAX_FRAME_LENGTH, pattern=r"^[!-~]+:[0-9]{1,9}:[0-9]{1,9}$"),
]
_Frames = Annotated[list[_Frame], Field(min_length=1, max_length=MAX_FRAMES)]
_CustomMetric = Annotated[
    tuple[
        Annotated[str, Strict(), StringConstraints(pattern=NAME)],
        Annotated[float, Strict(), Field(ge=-MAX_VALUE, le=MAX_VALUE)],
    ],
    Strict(strict=False),
]
# JSON has no tuples, so the pair itself can't be strict; its parts are.
_Error = (
    Annotated[tuple[_Message, _Count], Strict(strict=False)]
    | Annotated[tuple[_Message, _Count, _Frames], Strict(strict=False)]
)


class _Wire(BaseModel):
    """The JSON of a beacon. Strict: `true` is no number, and text is none either."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False, frozen=True)

    schema_: Annotated[int, Field(ge=1, le=1)] = Field(alias="v")
    widget: str = Field(alias="w", max_length=63)
    release: str = Field(alias="r", max_length=MAX_VERSION_LENGTH)
    page_view: str = Field(alias="i", pattern="^[0-9a-f]{1,32}$")
    number: int = Field(alias="n", ge=0, le=10_000)
    starts_session: _Flag = Field(0, alias="s")
    fails_session: _Flag = Field(0, alias="f")
    session_age: int = Field(0, alias="a", ge=-_MAX_CLOCK_SHIFT, le=_MAX_CLOCK_SHIFT)
    errors: list[_Error] = Field([], alias="e", max_length=MAX_ERRORS)
    load_latency: float = Field(0, alias="l", ge=0, le=10**9)
    memory: float = Field(0, alias="m", ge=0, le=65_536)
    token: str | None = Field(None, alias="t", min_length=1, max_length=MAX_TOKEN_LENGTH, pattern=r"^[\w.-]+$")
    custom_metrics: list[_CustomMetric] = Field([], alias="k", max_length=MAX_VALUES)
    entrypoint: str = Field("", alias="c", max_length=MAX_LENGTH)
    """Its path below the widget's folder, as the page names it; the origin of another host."""

    def to_beacon(self) -> Beacon:
        """The domain's beacon.

        Raises:
            Refused: `version_invalid`.
        """
        told = self.model_fields_set  # `null` is not how a beacon leaves a number out
        return Beacon(
            widget=self.widget,
            version=Version.parse(self.release),
            page_view=self.page_view,
            number=self.number,
            starts_session=bool(self.starts_session),
            fails_session=bool(self.fails_session),
            # By the browser's clock, which may have been set meanwhile.
            session_age=min(max(self.session_age, 0), MAX_SESSION_AGE),
            errors=tuple(
                ReportedError(message, min(count, _MAX_COUNT), *(tuple(map(_in_release, frames)) for frames in rest))
                for message, count, *rest in self.errors
            ),
            load_latency=min(self.load_latency, _MAX_LATENCY) if "load_latency" in told else None,
            memory=self.memory if "memory" in told else None,
            token=self.token,
            channel=channel_in(self.entrypoint.partition("/")[0]),
            custom_metrics=tuple(self.custom_metrics),
        )


def _in_release(frame: str) -> str:
    """The frame below the release's folder, whose name (of an exact or a moving path) telemetry.js sends with it."""
    folder = _RELEASE_FOLDER.match(frame)
    return frame[folder.end() :] if folder is not None else frame


def parse_beacon(raw_query: str) -> Beacon | Refusal:
    """Read the beacon in a query string as it came; the first `d` counts. Nothing is raised, whatever it holds."""
    encoded = _parameter(raw_query)
    if encoded is None:
        return Refusal.MISSING
    if len(encoded) > _MAX_ENCODED:
        return Refusal.TOO_LONG
    try:
        text = _decoded(encoded).decode()
    except ValueError:
        return Refusal.NOT_JSON
    if len(text) > MAX_LENGTH:
        return Refusal.TOO_LONG
    try:
        document = json.loads(text, object_pairs_hook=_unambiguous, parse_constant=_no_constant)
    except _Ambiguous:
        return Refusal.INVALID
    except (ValueError, RecursionError):  # nested deeper than the parser goes
        return Refusal.NOT_JSON
    try:
        return _Wire.model_validate(document).to_beacon()
    except (ValidationError, Refused):
        return Refusal.INVALID


def _decoded(value: str) -> bytes:
    """`ey` encodes what an object in JSON begins with; URL-encoded, none begins so."""
    if _BASE64URL.fullmatch(value):
        return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    return unquote_to_bytes(value.replace("+", " "))


class _Ambiguous(Exception):
    """An object has a key twice; parsers differ in which one they take."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Ambiguous
    return found


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _parameter(raw_query: str) -> str | None:
    for part in raw_query.split("&"):
        name, equals, value = part.partition("=")
        if name == PARAMETER and equals:
            return value
    return None
