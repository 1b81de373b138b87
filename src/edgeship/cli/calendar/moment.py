"""A moment as an operator writes it: a time with its zone, or how long from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from edgeship.cli.durations import parse_duration
from edgeship.cli.errors import Usage

_DURATION = re.compile("[0-9]+[dhms][0-9dhms]*", re.ASCII)
FORMS = "12h, 3d, 2026-12-27T08:00Z, 2026-12-27T08:00+01:00, '2026-12-27 08:00 Europe/Berlin'"


def parse_moment(text: str, option: str, now: datetime) -> datetime:
    """The moment, in UTC. A local time that the clocks pass twice is the later one.

    Raises:
        Usage: it is none, it has no zone, or the clocks of the zone skip it; names the option.
    """
    if _DURATION.fullmatch(text):
        return _after(now, parse_duration(text, option), option)
    # `2026-12-27 08:00 Europe/Berlin`, and not the space before the hour.
    time, _, zone = text.rpartition(" ")
    if not zone[:1].isalpha():
        time, zone = text, ""
    try:
        moment = datetime.fromisoformat(time)
    except ValueError:
        raise Usage(f"{option}: {text!r} is no time.", f"Write it as one of {FORMS}.") from None
    if zone and moment.tzinfo is None:
        return _at_local_time(moment, zone, text, option)
    if zone or moment.tzinfo is None:
        how = "two time zones" if zone else "no time zone"
        raise Usage(f"{option}: {text!r} has {how}.", f"Write it as one of {FORMS}.")
    return _in_utc(moment, text, option)


def _after(now: datetime, seconds: int, option: str) -> datetime:
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        raise Usage(f"{option}: {seconds} s from now is no time.", f"Write it as one of {FORMS}.") from None


def _in_utc(moment: datetime, text: str, option: str) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise Usage(f"{option}: {text!r} is no time.", f"Write it as one of {FORMS}.") from None


def _at_local_time(local: datetime, zone: str, text: str, option: str) -> datetime:
    try:
        known = ZoneInfo(zone)
    except (OSError, ValueError, KeyError):
        raise Usage(
            f"{option}: {text!r}: there is no time zone {zone!r}.", "Name one as IANA does, such as Europe/Berlin."
        ) from None
    moment = _in_utc(local.replace(tzinfo=known, fold=1), text, option)
    if moment.astimezone(known).replace(tzinfo=None) != local:
        raise Usage(
            f"{option}: {text!r}: the clocks of {zone} skip this time.", "Give the time after the clocks change."
        )
    return moment
