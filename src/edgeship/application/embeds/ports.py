"""What embedding needs from outside, as Protocols."""

from __future__ import annotations

from edgeship.application.channels.ports import ChannelState
from edgeship.application.releases.ports import PublishedFiles, Site

__all__ = ["ChannelState", "PublishedFiles", "Site"]
