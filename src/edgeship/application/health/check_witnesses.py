"""From how many networks the reports come that a release is found unhealthy by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edgeship.application.health.ports import Subject
from edgeship.application.telemetry.ports import WitnessBooks
from edgeship.domain.health.corroboration import ENOUGH, Corroboration, corroborate
from edgeship.domain.health.thresholds import Check, Thresholds


@dataclass(frozen=True)
class CheckWitnesses:
    books: WitnessBooks

    def __call__(
        self, subject: Subject, check: Check | None, since: datetime, limits: Thresholds, now: datetime
    ) -> Corroboration:
        """Since `since`, when traffic first reached the release (aware). One read, and none where the policy asks for
        no network; what can't be read is a `fault`, never raised."""
        if not limits.networks:
            return ENOUGH
        check = check or Check.ERROR_RATE
        limit = dict(limits.hard()).get(check)
        try:
            book = self.books.read(*subject)
        except Exception as fault:  # noqa: BLE001  a candidate is stopped whether or not its witnesses can be read
            return Corroboration(needed=limits.networks, fault=type(fault).__name__)
        return corroborate(book, check, limit, since, limits, now)
