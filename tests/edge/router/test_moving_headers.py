"""How long browsers may keep what is served in place, under both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.edge.router.engines import ENGINES, Engine

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC).timestamp()
IMMUTABLE = "public, max-age=31536000, immutable"


def sent(seconds_ago: float) -> str:
    return format_datetime(datetime.fromtimestamp(NOW - seconds_ago, UTC), usegmt=True)


def moving(seconds: int) -> str:
    return f"public, max-age={seconds}, must-revalidate"


LATEST = "/checkout/latest/x.js"
DATES: list[tuple[str | None, str]] = [
    (sent(0), moving(300)),
    (sent(1), moving(301)),
    (sent(299), moving(599)),
    (sent(86_400), moving(86_700)),
    (sent(31_536_000), moving(31_536_300)),
    (sent(-1), moving(300)),
    (sent(-86_400), moving(300)),
    (None, moving(300)),
    ("", moving(300)),
    ("yesterday", moving(300)),
    ("Fri, 99 Nov 2026 12:00:00 GMT", moving(300)),
    ("Thu, 01 Jan 1970 00:00:00 GMT", moving(300)),
    ("NaN", moving(300)),
]
PATHS = [
    (LATEST, moving(310)),
    ("/checkout/~next/x.js", moving(310)),
    ("/checkout/~1.4/v1.0.0/x.js", moving(310)),
    ("/checkout/latest/v1.0.0/x.js", moving(310)),
    # Of the root widget, whose paths may leave its name out.
    ("/latest/x.js", moving(310)),
    ("/~1/x.js", moving(310)),
    ("/latest/v1.0.0/x.js", moving(310)),
    ("/~next/v1.0.0/x.js", moving(310)),
    ("/~1/v1.0.0/x.js", moving(310)),
    ("/checkout/v1.0.0/x.js", IMMUTABLE),
    ("/checkout/v1.0.0-rc.1/", IMMUTABLE),
    ("/checkout/v1.0.0/latest/x.js", IMMUTABLE),
    ("/latest-news/v1.0.0/x.js", IMMUTABLE),
    ("/v1.0.0/x.js", IMMUTABLE),
    ("/v1.0.0-rc.1/latest/x.js", IMMUTABLE),
    ("/v1.0.0/v2.0.0/x.js", IMMUTABLE),
]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_date(engine: Engine, tmp_path: Path) -> None:
    work = [{"uri": LATEST, "date": date, "now": NOW} for date, _ in DATES]
    found = engine.moving_headers(tmp_path, work)
    assert list(zip([date for date, _ in DATES], found, strict=True)) == DATES


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_half_a_second_is_none(engine: Engine, tmp_path: Path) -> None:
    assert engine.moving_headers(tmp_path, [{"uri": LATEST, "date": sent(7), "now": NOW + 0.9}]) == [moving(307)]


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_path(engine: Engine, tmp_path: Path) -> None:
    work = [{"uri": uri, "date": sent(10), "now": NOW} for uri, _ in PATHS]
    assert list(zip([uri for uri, _ in PATHS], engine.moving_headers(tmp_path, work), strict=True)) == PATHS
