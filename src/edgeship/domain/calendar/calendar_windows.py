"""Calendar windows: the days and hours within which releases and steps start automatically.

- a window is in the wall time of its zone: `mon-fri 09:00-16:00 Europe/Berlin` follows the clocks of Berlin
- one that ends at or before its start ends on the next day, and belongs to the day on which it starts
- a time that the clocks skip is in no window; one that they pass twice is in it both times
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from edgeship.domain.errors import Refused

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_WINDOWS = 20
_DAY = 24 * 60
"""Minutes."""
_SEARCHED_DAYS = 15
"""For the next opening: a day recurs after a week, and the clocks may skip its hours once."""
_TIME = r"([01][0-9]|2[0-4]):([0-5][0-9])"
_WINDOW = re.compile(rf"(\S+) {_TIME}-{_TIME} (\S+)", re.ASCII)
_EXAMPLE = "mon-fri 09:00-16:00 Europe/Berlin"


@dataclass(frozen=True)
class Window:
    """`days` count from Monday, 0; `start` and `end` are minutes of the day, `end` at most 24:00; `zone` is IANA's."""

    days: frozenset[int]
    start: int
    end: int
    zone: str

    def contains(self, day: int, minute: int) -> bool:
        """Whether a wall time of the zone is in it."""
        if self.start < self.end:
            return day in self.days and self.start <= minute < self.end
        if minute >= self.start:
            return day in self.days
        return minute < self.end and (day - 1) % 7 in self.days

    def __str__(self) -> str:
        """As `parse_window` reads it."""
        return f"{_show_days(self.days)} {_show_time(self.start)}-{_show_time(self.end)} {self.zone}"


def parse_window(text: str) -> Window:
    """Read `DAYS HH:MM-HH:MM ZONE`, with days as `mon-fri`, `sat`, or several with `+` between: `mon-wed+fri`.

    The zone is not looked up; `check_windows` does.

    Raises:
        Refused: `policy_invalid`, saying what is not valid.
    """
    match = _WINDOW.fullmatch(" ".join(text.split()))
    if match is None:
        raise _invalid(text, "it is not DAYS HH:MM-HH:MM ZONE")
    days, *times, zone = match.groups()
    first, first_minute, last, last_minute = map(int, times)
    start, end = first * 60 + first_minute, last * 60 + last_minute
    if start >= _DAY or end > _DAY:
        raise _invalid(text, "a day starts at 00:00 and ends at 24:00")
    if start == end:
        raise _invalid(text, "it has no time in it; a whole day is 00:00-24:00")
    return Window(_parse_days(days, text), start, end, zone)


def check_windows(windows: Sequence[Window]) -> None:
    """Check that every window can be evaluated.

    Raises:
        Refused: `policy_invalid`, naming the window.
    """
    if len(windows) > MAX_WINDOWS:
        raise _invalid(str(windows[MAX_WINDOWS]), f"it is one more than the {MAX_WINDOWS} that a policy may have")
    known = available_timezones() if windows else frozenset()
    for window in windows:
        if window.zone not in known:
            raise _invalid(str(window), f"there is no time zone {window.zone!r}; IANA's names have this case")


def closed_text(windows: Sequence[Window], now: datetime) -> str:
    """Why nothing starts now: `outside the calendar windows (mon-fri …); the next one opens at … UTC`."""
    shown = ", ".join(map(str, windows))
    unknown = sorted({window.zone for window in windows if _zone(window.zone) is None})
    if unknown:
        return f"outside the calendar windows ({shown}): no time zone {', '.join(unknown)} is known here"
    opening = next_opening(windows, now)
    when = f"the next one opens at {opening:%Y-%m-%d %H:%M} UTC" if opening else "none opens in two weeks"
    return f"outside the calendar windows ({shown}); {when}"


def is_open(windows: Iterable[Window], now: datetime) -> bool:
    """Whether one of the windows contains `now` (aware). A zone that is not known here has no time in it."""
    for window in windows:
        zone = _zone(window.zone)
        if zone is not None:
            local = now.astimezone(zone)
            if window.contains(local.weekday(), local.hour * 60 + local.minute):
                return True
    return False


def next_opening(windows: Sequence[Window], now: datetime) -> datetime | None:
    """When the first of the windows opens (UTC), none of which is open now; None when none does soon."""
    known = ((window, zone) for window in windows if (zone := _zone(window.zone)) is not None)
    first = (next(_openings(window, zone, now), None) for window, zone in known)
    return min((opening for opening in first if opening is not None), default=None)


def _openings(window: Window, zone: ZoneInfo, now: datetime) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for day in (today + timedelta(days=number) for number in range(_SEARCHED_DAYS)):
        begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (day, day + timedelta(days=1)))
        if end - begin == timedelta(days=1):
            opening = datetime.combine(day, time(*divmod(window.start, 60)), zone).astimezone(UTC)
            if opening > now and day.weekday() in window.days:
                yield opening
            continue
        # The clocks change on this day: they may skip the start, or pass a part of the window again.
        minutes = (begin + timedelta(minutes=number) for number in range((end - begin) // timedelta(minutes=1)))
        yield from (minute for minute in minutes if minute > now and is_open((window,), minute))


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _parse_days(text: str, window: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().split("+"):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise _invalid(window, f"{part!r} is no day; the days are {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last) if dash else DAYS.index(first)
        # fri-mon goes over Sunday.
        days.update((begin + number) % 7 for number in range((end - begin) % 7 + 1))
    return frozenset(days)


def _show_days(days: frozenset[int]) -> str:
    runs: list[list[int]] = []
    for day in sorted(days):
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return "+".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def _show_time(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _invalid(window: str, problem: str) -> Refused:
    return Refused(
        "policy_invalid", f"The policy is not valid: calendar window {window!r:.100}: {problem}.", f"Write {_EXAMPLE}."
    )
