"""The edge's zip as bundling lays it out: the handler's import closure, and nothing else."""

from __future__ import annotations

import ast
import json
import zipfile
from pathlib import Path

from tests.support.repository import ROOT

SOURCES = {"functions": ROOT, "edgeship": ROOT / "src"}
CONFIG = {
    "bucket": "edgeship-test-config-000000000000",
    "region": "us-east-1",
    "freshness_seconds": 5,
    # Not the 1.0 that is deployed: a loaded machine must not turn a test's answer into none.
    "timeout_seconds": 10.0,
    "environment": "test",
    "flags_key": "edge/flags.json.gz",
    "flag_copies": {},
    "nearest": {},
}


def import_closure(module: str) -> dict[str, Path]:
    """The project's modules that importing `module` imports, by their path in the zip."""
    found: dict[str, Path] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        source = _source(name)
        if source is None or str(source[0]) in found:
            continue
        found[str(source[0])] = source[1]
        waiting.extend(name.rsplit(".", 1)[:-1])
        for node in ast.walk(ast.parse(source[1].read_text())):
            if isinstance(node, ast.Import):
                waiting.extend(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                waiting.extend([node.module, *(f"{node.module}.{alias.name}" for alias in node.names)])
    return found


def lay_out(folder: Path, config: dict[str, object] | None = None) -> Path:
    """Write the zip's content into `folder`."""
    for inside, source in import_closure("functions.edge.handler").items():
        target = folder / inside
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    (folder / "functions/edge/config.json").write_text(json.dumps(config or CONFIG))
    return folder


def zip_up(folder: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                archive.write(file, file.relative_to(folder))
    return target


def _source(module: str) -> tuple[Path, Path] | None:
    parts = module.split(".")
    root = SOURCES.get(parts[0])
    if root is None:
        return None
    for inside in (Path(*parts).with_suffix(".py"), Path(*parts, "__init__.py")):
        if (root / inside).is_file():
            return inside, root / inside
    return None
