"""The local cloud as a site of the lab: what an operator does, and the CDN's own answers."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import aiohttp

from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.bootstrap.operator import Operator
from edgeship.domain.channels.rollout import Step
from edgeship.domain.releases.serving import Serve
from edgeship.domain.version import Version
from edgeship.local.cloud import LocalCloud
from tests.browser.lab.builds import ENTRY, STYLE
from tests.browser.lab.site import Answered, Asked
from tests.support.local_cloud.visitors import ann, answered, eventually, get

CHANNEL = "latest"
BAKE_SECONDS = 3600
"""No rollout of the lab's advances by itself."""
HOP_BY_HOP = frozenset({"connection", "content-length", "content-encoding", "transfer-encoding", "date", "server"})


@dataclass
class LocalCloudSite:
    """The widgets are the lab's alone in this cloud."""

    cloud: LocalCloud
    tools: Operator
    serve: Serve
    _session: aiohttp.ClientSession | None = None

    def publish(self, version: str, folders: Mapping[str, Path]) -> None:
        for widget, folder in folders.items():
            if not self.tools.state.policy(widget).revision:
                # Uploads after the first wait for what the lab does.
                self.tools.policy(widget, lambda policy: replace(policy, auto=frozenset()), ann())
            self.tools.publish(folder, widget, Version.parse(version), BundleFacts(entrypoint=ENTRY), lambda _: None)
        for widget in folders:
            eventually(partial(self._is_served, widget, version))

    def move(self, *widgets: str, version: str) -> None:
        for widget in widgets:
            self.tools.promote(widget, Version.parse(version), CHANNEL, ann())
        self._settle(*widgets)

    def roll_back(self, *widgets: str) -> None:
        for widget in widgets:
            self.tools.roll_back(widget, CHANNEL, None, ann())
        self._settle(*widgets)

    def roll_out(self, *widgets: str, version: str, percent: int) -> None:
        steps = (Step(percent, BAKE_SECONDS), Step(100, 0))
        for widget in widgets:
            self.tools.start_rollout(widget, Version.parse(version), CHANNEL, ann(), steps)
        self._settle(*widgets)

    def abort(self, *widgets: str) -> None:
        for widget in widgets:
            self.tools.steer_rollout.abort(widget, CHANNEL, ann())
        self._settle(*widgets)

    def pause(self, *widgets: str) -> None:
        for widget in widgets:
            self.tools.steer_rollout.pause(widget, CHANNEL, ann())
        self._settle(*widgets)

    def reset(self, *widgets: str, version: str) -> None:
        wanted = Version.parse(version)
        for widget in widgets:
            if self.tools.state.policy(widget).policy.serve != self.serve:
                self.tools.policy(widget, lambda policy: replace(policy, serve=self.serve), ann())
            if self.tools.state.channel(widget, CHANNEL).candidate is not None:
                self.tools.steer_rollout.abort(widget, CHANNEL, ann())
            for release in self.tools.state.releases(widget):
                if release.quarantine is not None:
                    self.tools.unquarantine(widget, release.version, ann())
            channel = self.tools.state.channel(widget, CHANNEL)
            if channel.lock is not None:
                self.tools.unlock(widget, CHANNEL, ann())
            if channel.version != wanted:
                self.tools.promote(widget, wanted, CHANNEL, ann())
        self._settle(*widgets)

    async def answer(self, asked: Asked) -> Answered:
        if self._session is None:
            self._session = aiohttp.ClientSession(auto_decompress=True)
        url = f"{self.cloud.edge_url}{asked.path}{asked.query and '?' + asked.query}"
        headers = {"User-Agent": asked.user_agent, "Host": asked.cdn.partition("//")[2]}
        if asked.cookie:
            headers["Cookie"] = asked.cookie
        async with self._session.get(url, headers=headers, allow_redirects=False) as found:
            kept = {name: value for name, value in found.headers.items() if name.lower() not in HOP_BY_HOP}
            return Answered(found.status, kept, await found.read())

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _settle(self, *widgets: str) -> None:
        """Wait until the edge answers by what the table says now, in each of its copies."""
        for widget in widgets:
            channel = self.tools.state.channel(widget, CHANNEL)
            tracks = {"stable": channel.version, "candidate": channel.candidate or channel.version}
            for track, version in tracks.items():
                eventually(partial(self._is_at, widget, track, version))
        time.sleep(self.cloud.store_delay_seconds)

    def _is_served(self, widget: str, version: str) -> bool | None:
        live = self.tools.state.channel(widget, CHANNEL).version
        return (live is not None and get(self.cloud, f"/{widget}/v{version}/{STYLE}")[0] == 200) or None

    def _is_at(self, widget: str, track: str, version: object) -> bool | None:
        _, headers, _ = answered(f"{self.cloud.edge_url}/{widget}/{CHANNEL}/{STYLE}?edgeship-track={track}")
        pinned = "Location" in headers
        return (headers["x-amz-meta-version"] == str(version) and pinned == (self.serve != "in_place")) or None
