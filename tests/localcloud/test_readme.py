"""The example of the README uses what there is."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from pathlib import Path

import localcloud
from localcloud.cloud import Cloud, Project
from localcloud.synthesis import CdkApp

README = Path(localcloud.__file__).with_name("README.md").read_text()
CALLED = {"Cloud": Cloud, "Project": Project, "CdkApp": CdkApp}


def test_the_example_is_well_formed() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    calls = set()
    for node in ast.walk(ast.parse(example)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("localcloud"):
            module = importlib.import_module(node.module)
            assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
            calls.add(node.func.id)
            keywords = {keyword.arg: None for keyword in node.keywords if keyword.arg}
            inspect.signature(CALLED[node.func.id]).bind(*node.args, **keywords)
    assert calls == set(CALLED)


def test_every_file_that_it_names_is_there() -> None:
    folder = Path(localcloud.__file__).parent
    named = re.findall(r"`([a-z_/]+(?:\.py|/))`", README)
    assert named
    assert not [name for name in named if not (folder / name).exists() and name != "tests/localcloud/"]
