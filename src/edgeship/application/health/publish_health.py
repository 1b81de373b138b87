"""Publish the health pages of watched versions, and a last page of each version that is no longer watched.

A version is listed before its first page is written, and taken off the list after its last page. So after a crash the
next run finds every page that it must write again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from edgeship.application.health.ports import HealthPages, Subject
from edgeship.application.releases.ports import ReleaseState
from edgeship.application.telemetry.ports import ErrorBooks
from edgeship.domain.errors import Conflict
from edgeship.domain.health.health_page import Exposure, Finding, fresh_page, last_page, most_severe, stale_page

Faults = dict[Subject, Exception]


@dataclass(frozen=True)
class Watched:
    """A version that channels expose, with its finding in each channel: none where metrics could not be read."""

    exposures: tuple[Exposure, ...] = ()
    findings: tuple[Finding, ...] = ()

    def and_in(self, exposure: Exposure, finding: Finding | None) -> Watched:
        """The same version, exposed in one more channel."""
        return Watched((*self.exposures, exposure), (*self.findings, finding) if finding else self.findings)


@dataclass(frozen=True)
class PublishHealth:
    """`period_seconds` is a minute of the metrics; so many `threads` write pages at a time."""

    state: ReleaseState
    pages: HealthPages
    errors: ErrorBooks
    period_seconds: int
    threads: int

    def __call__(
        self,
        environment: str,
        exposed: Mapping[Subject, Watched],
        unread: Set[Subject] = frozenset(),
    ) -> Faults:
        """Write the page of every version that is `exposed`, and a last page of those listed that are not.

        Args:
            unread: versions that are exposed, too, and whose metrics nobody has asked for: their pages stay.

        Returns:
            The errors, by the version whose page was not written. The next run writes it.
        """
        listed = self.pages.published()
        shown = exposed.keys() | unread
        try:
            if not shown <= listed.subjects:
                listed = self.pages.remember(listed.subjects | shown, listed)
        except Conflict:
            return {}  # another tick publishes them; the next one writes what it left out
        ended = listed.subjects - shown
        faults = self._all(
            {
                **{
                    subject: partial(self._watched, environment, subject, watched)
                    for subject, watched in exposed.items()
                },
                **{subject: partial(self._last, environment, subject) for subject in ended},
            }
        )
        if ended - faults.keys():
            with suppress(Conflict):  # the next tick writes the last pages again
                self.pages.remember(listed.subjects - (ended - faults.keys()), listed)
        return faults

    def _watched(self, environment: str, subject: Subject, watched: Watched) -> None:
        errors = self.errors.read(*subject)
        if watched.findings:
            finding = most_severe(watched.findings)
            page = fresh_page(environment, subject, watched.exposures, finding, errors, self.period_seconds)
        else:
            page = stale_page(environment, subject, watched.exposures, self.pages.read(*subject), errors)
        self.pages.publish(page)

    def _last(self, environment: str, subject: Subject) -> None:
        page = last_page(environment, subject, self.pages.read(*subject), self.state.release(*subject))
        self.pages.publish(page)

    def _all(self, tasks: Mapping[Subject, Callable[[], None]]) -> Faults:
        """Run them in parallel; one that fails does not stop the rest."""
        faults: Faults = {}
        with ThreadPoolExecutor(self.threads) as pool:
            running = {subject: pool.submit(task) for subject, task in tasks.items()}
        for subject, done in running.items():
            try:
                done.result()
            except Exception as fault:  # noqa: BLE001  the caller reports each
                faults[subject] = fault
        return faults
