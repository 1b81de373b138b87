"""Publish the health pages of the versions that are watched, and a last one of those that were.

Versions are listed before their first page is written, and taken off the list after their last: whatever this dies of,
the next run finds every page that has to be written again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from edgeship.application.health_ports import HealthPages
from edgeship.application.measured_channels import Measured
from edgeship.application.ports import State, Subject
from edgeship.application.telemetry_ports import ErrorBooks
from edgeship.domain.channel import Channel
from edgeship.domain.errors import Conflict
from edgeship.domain.health import Thresholds
from edgeship.domain.health_page import fresh_page, gravest, last_page, stale_page

Faults = dict[Subject, Exception]


@dataclass(frozen=True)
class PublishHealth:
    """`period_seconds` is how often pages are written, `threads` how many at a time."""

    state: State
    pages: HealthPages
    errors: ErrorBooks
    period_seconds: int
    threads: int

    def __call__(
        self,
        environment: str,
        channels: Iterable[Channel],
        limits: Mapping[str, Thresholds],
        measured: Measured | None,
    ) -> Faults:
        """Write the page of every version that the channels expose, and a last page of those listed that they don't.

        Args:
            limits: each widget's.
            measured: None when nothing could be measured: the pages say so.

        Returns:
            What kept a page from being written. It is written by the next run.
        """
        exposed: dict[Subject, list[Channel]] = {}
        for channel in channels:
            for version in channel.exposed:
                exposed.setdefault((channel.widget, version), []).append(channel)
        listed = self.pages.published()
        try:
            if not exposed.keys() <= listed.subjects:
                listed = self.pages.remember(listed.subjects | exposed.keys(), listed)
        except Conflict:
            return {}  # another tick is at it; what it leaves, the next does
        ended = listed.subjects - exposed.keys()
        faults = self._all(
            {
                **{
                    subject: partial(self._watched, environment, subject, holders, limits[subject[0]], measured)
                    for subject, holders in exposed.items()
                },
                **{subject: partial(self._last, environment, subject) for subject in ended},
            }
        )
        if ended - faults.keys():
            with suppress(Conflict):  # the next tick writes the last pages again
                self.pages.remember(listed.subjects - (ended - faults.keys()), listed)
        return faults

    def _watched(
        self,
        environment: str,
        subject: Subject,
        channels: Iterable[Channel],
        limits: Thresholds,
        measured: Measured | None,
    ) -> None:
        errors = self.errors.read(*subject)
        if measured is None:
            page = stale_page(environment, subject, channels, self.pages.read(*subject), errors)
        else:
            # A version that is exposed only since then has no period that is over, and the verdict says so.
            holders = sorted(channels, key=lambda channel: channel.name)
            finding = gravest(measured.finding(channel, subject[1], limits) for channel in holders)
            page = fresh_page(environment, subject, holders, finding, errors, self.period_seconds)
        self.pages.publish(page)

    def _last(self, environment: str, subject: Subject) -> None:
        page = last_page(environment, subject, self.pages.read(*subject), self.state.release(*subject))
        self.pages.publish(page)

    def _all(self, tasks: Mapping[Subject, Callable[[], None]]) -> Faults:
        """Run them side by side; what fails keeps none of the others back."""
        faults: Faults = {}
        with ThreadPoolExecutor(self.threads) as pool:
            running = {subject: pool.submit(task) for subject, task in tasks.items()}
        for subject, done in running.items():
            try:
                done.result()
            except Exception as fault:  # noqa: BLE001  the caller tells of each
                faults[subject] = fault
        return faults
