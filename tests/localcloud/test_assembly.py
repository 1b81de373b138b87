"""What of a cloud assembly can be deployed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcloud.assembly import Assembly


def test_an_assembly_of_two_stacks_is_refused(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"a": stack, "b": stack}}))
    with pytest.raises(ValueError, match="holds 2 stacks"):
        Assembly.read(tmp_path)
