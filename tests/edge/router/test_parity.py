"""The router is held to its specification by generated requests, under both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeship.domain.edge.router import route
from tests.edge.router.engines import NJS_ENGINE, NODE_ENGINE, Engine
from tests.edge.router.generated import Generator
from tests.edge.router.viewer import asked, reading, telling
from tests.support.pytest_plugins.fuzz import examples


@pytest.mark.parametrize(
    ("engine", "count"),
    [
        pytest.param(NODE_ENGINE, 20_000, id="node"),
        pytest.param(NODE_ENGINE, 200_000, id="node-all", marks=pytest.mark.nightly),
        pytest.param(NJS_ENGINE, examples(5_000, 200_000), id="njs", marks=pytest.mark.fuzz),
    ],
)
@pytest.mark.parametrize("root", [None, "checkout"])
def test_generated_requests(engine: Engine, count: int, root: str | None, tmp_path: Path) -> None:
    generator = Generator(seed=11 if root else 12)
    stores = [generator.store() for _ in range(count // 500)]
    requests = [(number * len(stores) * 2 // count, generator.request()) for number in range(count // 2)]
    results = engine.run(tmp_path, stores, [asked(r, store) for store, r in requests], root_widget=root)
    for (store, request), result in zip(requests, results, strict=True):
        reads: list[str] = []
        expected = telling(route(request, reading(stores[store], reads), root))
        assert (result["told"], result["reads"]) == (expected, len(reads)), (request, stores[store])
        assert len(reads) <= 2
