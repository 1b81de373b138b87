"""What passes between viewer, edge function, cache and origin."""

from __future__ import annotations

from dataclasses import dataclass, field

from multidict import CIMultiDict


@dataclass(frozen=True)
class Request:
    """`path` and `query` are raw: as the viewer, or a function after it, wrote them, without the `?`."""

    method: str
    path: str
    query: str = ""
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    body: bytes = b""
    client_ip: str = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """`reason` is None for the status code's usual phrase."""

    status: int
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)
    body: bytes = b""
    reason: str | None = None
