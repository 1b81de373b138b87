"""A cloud assembly for a deployer other than the local cloud's own, such as the CDK's command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from localcloud.emulator_gaps import TakenOut, take_out


def without_gaps(folder: Path, into: Path) -> list[TakenOut]:
    """Copy the assembly to `into` without what the emulator's CloudFormation cannot make; that is what is returned.

    `emulator_gaps.create` makes each of these after the deployment.
    """
    shutil.copytree(folder, into)
    taken: list[TakenOut] = []
    for template in into.glob("*.template.json"):
        kept, gone = take_out(json.loads(template.read_text("utf-8")))
        template.write_text(json.dumps(kept), "utf-8")
        taken += gone
    return taken
