"""How much of an environment is watched now."""

from __future__ import annotations

from dataclasses import dataclass

from edgeship.application.cost.ports import CountedState


@dataclass(frozen=True)
class CountUsage:
    state: CountedState

    def __call__(self) -> tuple[int, int]:
        """The widgets, and the versions that are watched: in a rollout, or within their rollback window."""
        exposed = {(channel.widget, version) for channel in self.state.watched() for version in channel.exposed}
        return len(self.state.widgets()), len(exposed)
