"""What the use case that publishes health pages needs from outside, as Protocols."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from edgeship.application.ports import Subject
from edgeship.domain.health_page import Page
from edgeship.domain.version import Version


@dataclass(frozen=True)
class Published:
    """The versions that may have a page which says that they are watched, as they are listed; `etag` is None when there
    is no list."""

    subjects: frozenset[Subject] = frozenset()
    etag: str | None = None


class HealthPages(Protocol):
    """The pages in the site bucket, and the list of them in the config bucket. Safe among threads."""

    def read(self, widget: str, version: Version) -> Page | None: ...

    def publish(self, page: Page) -> None:
        """Write the page of the widget and the version that it names."""

    def published(self) -> Published: ...

    def remember(self, subjects: Collection[Subject], replaces: Published) -> Published:
        """List exactly these, if `replaces` is still the list; the list as it is then.

        Raises:
            Conflict: it is not; nothing was written.
        """
