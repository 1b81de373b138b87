"""Cloud assemblies: synthesised once for the same inputs, read back whole."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from localcloud.assembly import Assembly
from localcloud.synthesis import KEPT_ASSEMBLIES, CdkApp, SynthesisFailed, inputs_digest, synthesise

APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
context = json.loads(os.environ["CDK_CONTEXT_JSON"])
with open("runs.txt", "a") as runs:
    runs.write("run\\n")
if context["environment"] == "broken":
    raise SystemExit("environment 'broken': use another")
leaked = sorted(name for name in os.environ if "REAL" in os.environ[name])
(out / "asset.1").mkdir()
(out / "asset.1" / "handler.py").write_text("x = 1")
(out / "s.template.json").write_text(json.dumps({"Resources": {}, "Leaked": leaked}))
(out / "s.assets.json").write_text(json.dumps({"files": {
    "1": {"source": {"path": "asset.1", "packaging": "zip"},
          "destinations": {"d": {"bucketName": "assets-${AWS::AccountId}", "objectKey": "1.zip"}}},
    "2": {"source": {"path": "s.template.json", "packaging": "file"},
          "destinations": {"d": {"bucketName": "assets", "objectKey": "2.json"}}}}}))
(out / "manifest.json").write_text(json.dumps({"artifacts": {
    "s.assets": {"type": "cdk:asset-manifest", "properties": {"file": "s.assets.json"}},
    "s": {"type": "aws:cloudformation:stack", "properties": {"templateFile": "s.template.json"}},
    "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}}}}))
"""
CONTEXT = {"environment": "local", "account": "000000000000"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for folder in ("infra", "functions/edge", "src/project"):
        (root / folder).mkdir(parents=True)
        (root / folder / "__init__.py").touch()
    (root / "infra" / "app.py").write_text(APP)
    (root / "uv.lock").write_text("lock")
    return root


def app(root: Path) -> CdkApp:
    inputs = ("infra", "functions", "src/project", "uv.lock", "cdk.json")
    return CdkApp(root, (sys.executable, "-m", "infra.app"), inputs, ("PROJECT_",))


def runs(root: Path) -> int:
    return len((root / "runs.txt").read_text().splitlines())


def test_the_same_inputs_are_synthesised_once(root: Path) -> None:
    cache = root / "cache"
    first = synthesise(app(root), cache, CONTEXT)
    assert synthesise(app(root), cache, CONTEXT) == first
    assert runs(root) == 1
    assembly = Assembly.read(first)
    assert assembly.stack == "s"
    [asset] = assembly.assets
    assert (asset.bucket, asset.key, asset.zipped) == ("assets-000000000000", "1.zip", True)
    assert (asset.source / "handler.py").read_text() == "x = 1"


@pytest.mark.parametrize("name", ["infra/stack.py", "functions/edge/handler.py", "src/project/deep/x.py", "uv.lock"])
def test_a_change_of_any_input_is_another_assembly(root: Path, name: str) -> None:
    before = inputs_digest(app(root), CONTEXT)
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text("changed")
    changed = inputs_digest(app(root), CONTEXT)
    assert changed != before
    (root / name).rename(root / f"{name}.renamed")
    assert inputs_digest(app(root), CONTEXT) not in (before, changed)


def test_context_counts_and_caches_do_not(root: Path) -> None:
    before = inputs_digest(app(root), CONTEXT)
    assert inputs_digest(app(root), {**CONTEXT, "root_widget": "w"}) != before
    (root / "infra" / "__pycache__").mkdir()
    (root / "infra" / "__pycache__" / "app.pyc").write_text("x")
    (root / "README.md").write_text("x")
    assert inputs_digest(app(root), CONTEXT) == before


def test_an_error_of_the_app_is_shown_and_nothing_is_kept(root: Path) -> None:
    cache = root / "cache"
    with pytest.raises(SynthesisFailed, match="environment 'broken': use another"):
        synthesise(app(root), cache, {"environment": "broken"})
    assert [p for p in cache.iterdir() if p.is_dir()] == []


def test_the_app_gets_no_credentials_and_nothing_private(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "REAL")
    monkeypatch.setenv("AWS_PROFILE", "REAL")
    monkeypatch.setenv("PROJECT_ENV", "REAL")
    assert Assembly.read(synthesise(app(root), root / "cache", CONTEXT)).template["Leaked"] == []


def test_old_assemblies_go_and_the_newest_stay(root: Path) -> None:
    cache = root / "cache"
    folders = []
    for index in range(KEPT_ASSEMBLIES + 2):
        folder = synthesise(app(root), cache, {"environment": f"e{index}"})
        past = time.time() - 100 + index
        os.utime(folder, (past, past))
        folders.append(folder)
    assert [f.exists() for f in folders] == [False, False, *[True] * KEPT_ASSEMBLIES]
