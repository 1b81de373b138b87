"""What the lab asks of a CDN with widgets on it: releases, moves and rollouts of `latest`, and answers to GETs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Asked:
    """A GET as it reaches the CDN: `cdn` is the origin in the viewer's URL; `user_agent` says who asks.

    All viewers of the lab have the same address. The User-Agent counts for identity as the address does, so another
    one stands for another address.
    """

    cdn: str
    path: str
    query: str
    user_agent: str
    cookie: str


@dataclass(frozen=True)
class Answered:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Site(Protocol):
    """Each method that changes a widget returns when every browser gets what it changed to."""

    def publish(self, version: str, folders: Mapping[str, Path]) -> None:
        """Serve a release of each widget at its exact path. The first of a widget is live; others wait."""

    def move(self, *widgets: str, version: str) -> None:
        """Point `latest` at the version, for everybody."""

    def roll_back(self, *widgets: str) -> None:
        """Point `latest` at the version before."""

    def roll_out(self, *widgets: str, version: str, percent: int) -> None:
        """Give the version to some of the users."""

    def abort(self, *widgets: str) -> None: ...

    def pause(self, *widgets: str) -> None: ...

    def reset(self, *widgets: str, version: str) -> None:
        """Point `latest` at the version, with no rollout, lock or quarantine of before."""

    async def answer(self, asked: Asked) -> Answered: ...

    async def close(self) -> None:
        """Close what `answer` has opened."""
