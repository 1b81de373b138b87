"""The function of the previews' distribution is held to its specification, under both engines."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from edgeship.domain.edge.router import Continue, Insert, Policy, Preflight, Redirect, ReExport, Request
from edgeship.domain.previews.preview import PreviewsRecord
from edgeship.domain.previews.preview_router import EXPIRED, Missing, Outcome, route_preview
from edgeship.domain.previews.preview_values import previews_values
from edgeship.domain.releases.entry import Entry, Kind
from tests.domain.previews.samples import NOW, a_preview
from tests.edge.router.engines import ENGINES, NJS_ENGINE, NODE_ENGINE, Engine
from tests.edge.router.viewer import asked, reading, telling

CLASSIC = Entry(Kind.CLASSIC, "sha256-cLaSsIc0/+=", alone=False, style=None)
IMPORTED = Entry(Kind.MODULE, "sha256-AAAA=", alone=False, style=None, imported=True)
DEFAULT = Entry(Kind.MODULE, "sha256-AAAA=", alone=False, style=None, imported=True, default_export=True)
NEWEST, EARLIER = f"{1:032x}", f"{9:032x}"
RECORD = PreviewsRecord(
    "checkout",
    (
        a_preview("pr-1", earlier=(EARLIER,)),
        a_preview("classic", entry=CLASSIC),
        a_preview("imported", entry=IMPORTED),
        a_preview("default", entry=DEFAULT),
        a_preview("deep", entrypoint="a b/\u00e4.html"),
        a_preview("long", entrypoint="\u00e4" * 400),
        a_preview("soon", days=1),
    ),
)
STORE = {**previews_values([RECORD], NOW), "checkout/broken": "no JSON"}
SEGMENTS = (
    *("checkout", "preview", "p", "pr-1", "classic", "imported", "default", "deep", "long", "soon", "broken", "other"),
    *(
        NEWEST,
        EARLIER,
        f"{7:032x}",
        "widget.js",
        "a%20b",
        "%C3%A4.html",
        "index.html",
        "",
        ".",
        "..",
        "%2e%2E",
        "a%2f..%2fb",
    ),
    *("latest", "v1.0.0", "Preview", "PR-1", "%70", "~t", "edgeship", "x" * 70),
)


def preview_telling(outcome: Outcome) -> list[str]:
    if isinstance(outcome, Missing):
        return ["gone" if outcome.status == 410 else "unknown", outcome.sentence]
    return telling(outcome)


def drawn(chance: random.Random) -> Request:
    path = list(chance.choices(SEGMENTS, k=chance.randint(0, 6)))
    if chance.random() < 0.8:
        path[:3] = ["checkout", chance.choice(["preview", "p"]), chance.choice(SEGMENTS[3:12])]
    if chance.random() < 0.5 and path[1:2] == ["p"]:
        path[3:4] = [chance.choice([NEWEST, EARLIER])]
    if chance.random() < 0.4 and path[1:2] == ["preview"]:
        path[3:] = ["widget.js"]
    query = {"a": ["1"], "b": ["x%20y", "z"]} if chance.random() < 0.2 else {}
    at = NOW + timedelta(hours=chance.choice([0, 1, 23, 24, 25, 24 * 7, 24 * 8]))
    method = chance.choices(["GET", "OPTIONS"], [20, 1])[0]
    return Request("/" + "/".join(path), method=method, query=query, now=at.timestamp())


@pytest.mark.parametrize(
    ("engine", "count"), [pytest.param(NODE_ENGINE, 4_000, id="node"), pytest.param(NJS_ENGINE, 500, id="njs")]
)
def test_generated_requests(engine: Engine, count: int, tmp_path: Path) -> None:
    chance = random.Random(57)
    requests = [drawn(chance) for _ in range(count)]
    kinds = set()
    for request, result in zip(
        requests, engine.previews(tmp_path, [STORE], [asked(each) for each in requests]), strict=True
    ):
        reads: list[str] = []
        expected = route_preview(request, reading(STORE, reads))
        assert (result["told"], result["reads"]) == (preview_telling(expected), len(reads)), request
        assert len(reads) <= 1
        kinds.add(type(expected))
        raw = result["raw"]
        if "statusCode" in raw:
            assert raw["headers"]["x-robots-tag"] == {"value": "noindex, nofollow"}
            if not isinstance(expected, Policy):
                assert raw["headers"]["cache-control"] == {"value": "no-store"}
    assert kinds >= {Redirect, Insert, ReExport, Continue, Missing, Preflight}


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.name)
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


def test_no_path_of_a_preview_is_served_from_the_second_at_which_it_expires(engine: Engine, tmp_path: Path) -> None:
    until = datetime.fromisoformat(a_preview("soon", days=1).until).timestamp()
    paths = ("/checkout/preview/soon/", "/checkout/preview/soon/widget.js", f"/checkout/p/soon/{NEWEST}/widget.js")
    requests = [Request(path, now=at) for path in paths for at in (until - 1, until, until + 1e6)]
    results = engine.previews(tmp_path, [STORE], [asked(each) for each in requests])
    assert [result["raw"].get("statusCode") for result in results] == [302, 410, 410, 302, 410, 410, None, 410, 410]
    assert results[1]["told"] == ["gone", EXPIRED.sentence]


def test_every_value_fits_into_the_store() -> None:
    assert all(len(value) <= 1024 for value in STORE.values())
    assert all(len(key) <= 512 for key in STORE)
