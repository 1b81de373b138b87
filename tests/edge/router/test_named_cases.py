"""The router's code answers every named request as its specification does, under both engines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.edge.router_cases.groups import GROUPS
from tests.edge.router.engines import ENGINES, Engine
from tests.edge.router.viewer import asked


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
@pytest.mark.parametrize("root", [None, "checkout"])
def test_what_becomes_of_a_request(engine: Engine, root: str | None, tmp_path: Path) -> None:
    cases = [
        (f"{group}: {case.name}", case) for group, of_group in GROUPS.items() for case in of_group if case.root == root
    ]
    work = [asked(case.request, number, broken=case.broken) for number, (_, case) in enumerate(cases)]
    results = engine.run(tmp_path, [case.store for _, case in cases], work, root_widget=root)
    found = {name: (result["told"], result["reads"]) for (name, _), result in zip(cases, results, strict=True)}
    assert found == {name: (case.told, case.reads) for name, case in cases}
