"""How a widget's moving paths are served: in place, or by sending a page view to one exact release."""

from __future__ import annotations

from typing import Literal

from edgeship.domain.releases.entry import Entry

Serve = Literal["auto", "pin", "in_place"]


def pinned(serve: Serve, entry: Entry | None) -> bool:
    """Whether a page view gets one release by its first request.

    With `auto`, a script that is all the code there is needs no pin: its page view has one release anyway. A release
    that was registered before kinds were known (`entry` None) is always served in place.
    """
    if serve == "in_place" or entry is None:
        return False
    return serve == "pin" or not (entry.alone and entry.kind.is_script)
