"""The headers and the body of every kind of answer that the router gives itself."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from tests.domain.edge.router_cases.groups import GROUPS
from tests.edge.router.engines import ENGINES, EXPOSED, Engine
from tests.edge.router.viewer import asked
from tests.support.pytest_plugins.tools import NODE

EVERY = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": EXPOSED,
    "cross-origin-resource-policy": "cross-origin",
    "strict-transport-security": "max-age=63072000",
    "timing-allow-origin": "*",
    "x-content-type-options": "nosniff",
}
TEXT = {"cache-control": "no-store", "content-type": "text/plain; charset=utf-8"}
KEPT = {"cache-control": "public, max-age=300"}
SCRIPT = {**KEPT, "content-type": "text/javascript; charset=utf-8"}
PREFLIGHT = {
    "access-control-allow-headers": "*, authorization",
    "access-control-allow-methods": "GET, HEAD, OPTIONS",
    "access-control-max-age": "86400",
    "cache-control": "no-store",
}
MAX_SCRIPT_BYTES = 600
"""Of a script that inserts a release's, for a URL of a usual length: a host of 30 characters and a path of 40."""
CASES = [case for group in GROUPS.values() for case in group if case.root is None]
Told = list[str]


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.name)
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Told, Any]]:
    """What each named request's answer tells, and the answer."""
    engine: Engine = request.param
    work = [asked(case.request, number, broken=case.broken) for number, case in enumerate(CASES)]
    results = engine.run(tmp_path_factory.mktemp(engine.name), [case.store for case in CASES], work, raw=True)
    return [(result["told"], result["raw"]) for result in results]


def of_kind(answers: list[tuple[Told, Any]], kind: str) -> list[tuple[Told, dict[str, Any]]]:
    found = [(told, raw) for told, raw in answers if told[0] == kind]
    assert found
    return found


def headers(raw: dict[str, Any]) -> dict[str, str]:
    return {name: header["value"] for name, header in raw["headers"].items()}


def test_redirects(answers: list[tuple[Told, Any]]) -> None:
    for (_, location, version), raw in of_kind(answers, "redirect"):
        assert headers(raw) == {**EVERY, **KEPT, "location": location, "x-amz-meta-version": version}
        assert (raw["statusCode"], raw["statusDescription"], raw.get("body")) == (302, "Found", None)


def test_scripts(answers: list[tuple[Told, Any]]) -> None:
    for (_, location, version, integrity), raw in of_kind(answers, "insert"):
        named = {"x-amz-meta-version": version, "x-edgeship-location": location}
        assert headers(raw) == {**EVERY, **SCRIPT, **named}
        assert (raw["statusCode"], raw["statusDescription"], raw["body"]["encoding"]) == (200, "OK", "text")
        body = raw["body"]["data"]
        assert json.dumps(integrity) in body
        assert json.dumps(location.removeprefix("/"))[1:] in body
        assert body.isascii()
        shorter = len("cdn.example") + len(location) - (30 + 40)
        assert len(body) <= MAX_SCRIPT_BYTES + shorter


def test_modules_that_export_anothers_exports(answers: list[tuple[Told, Any]]) -> None:
    for (_, location, version, default), raw in of_kind(answers, "reexport"):
        named = {"x-amz-meta-version": version, "x-edgeship-location": location}
        assert headers(raw) == {**EVERY, **SCRIPT, **named}
        assert (raw["statusCode"], raw["statusDescription"], raw["body"]["encoding"]) == (200, "OK", "text")
        exported = f'export {{ default }} from "{location}";\n' if default else ""
        assert raw["body"]["data"] == f'export * from "{location}";\n{exported}'


# A worker's global scope, whose importScripts says what it is given.
_WORKER = """
const said = [];
for (const body of JSON.parse(require('fs').readFileSync(0)))
  new Function('self', 'importScripts', body)({}, url => void said.push(url));
console.log(JSON.stringify(said));
"""


def test_a_script_runs_and_loads_the_exact_one(answers: list[tuple[Told, Any]]) -> None:
    NODE.require()
    found = of_kind(answers, "insert")
    bodies = json.dumps([raw["body"]["data"] for _, raw in found])
    run = subprocess.run(["node", "-e", _WORKER], input=bodies, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == [f"https://cdn.example{location}" for (_, location, _, _), _ in found]


def test_the_policy_of_trusted_types(answers: list[tuple[Told, Any]]) -> None:
    for _, raw in of_kind(answers, "policy"):
        assert headers(raw) == {**EVERY, **SCRIPT}
        assert (raw["statusCode"], raw["statusDescription"], raw["body"]["encoding"]) == (200, "OK", "text")
        assert "export const t=" in raw["body"]["data"]


def test_what_is_unknown(answers: list[tuple[Told, Any]]) -> None:
    for (_, sentence), raw in of_kind(answers, "unknown"):
        assert headers(raw) == {**EVERY, **TEXT}
        assert (raw["statusCode"], raw["statusDescription"]) == (404, "Not Found")
        assert raw["body"] == {"encoding": "text", "data": sentence + "\n"}


def test_preflights(answers: list[tuple[Told, Any]]) -> None:
    for _, raw in of_kind(answers, "preflight"):
        assert headers(raw) == {**EVERY, **PREFLIGHT}
        assert (raw["statusCode"], raw["statusDescription"], raw.get("body")) == (204, "No Content", None)


def test_what_goes_on_is_the_request_with_another_path(answers: list[tuple[Told, Any]]) -> None:
    goes_on = [(case, told, raw) for case, (told, raw) in zip(CASES, answers, strict=True) if told[0] == "go"]
    assert goes_on
    for case, (_, uri), raw in goes_on:
        assert raw == {**asked(case.request)["event"]["request"], "uri": uri}
