"""The router's real code under JavaScript engines: Node, and njs, of whose family CloudFront's engine is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.router_code import moving_headers_code, preview_code, router_code, token_code
from tests.support.pytest_plugins.tools import NJS, NODE, Tool
from tests.support.repository import ROOT

EXPOSED = "ETag,x-amz-meta-version"

# The store that a function reads by `import cf from 'cloudfront'`. `get` throws for a missing key, as it does there.
_CLOUDFRONT = """
const state = { values: {}, reads: 0, broken: false };
export default {
  state: state,
  createRequestOriginGroup: function (group) { state.group = group; },
  kvs: function () {
    return {
      get: async function (key) {
        state.reads++;
        if (state.broken || !Object.prototype.hasOwnProperty.call(state.values, key)) throw new Error('KeyNotFound');
        return state.values[key];
      },
      exists: async function (key) {
        state.reads++;
        if (state.broken) throw new Error('broken');
        return Object.prototype.hasOwnProperty.call(state.values, key);
      },
    };
  },
};
"""
_RUN = """
import fs from 'fs';
function textAfter(script, start) {
  const text = script.slice(script.indexOf(start) + start.length - 1);
  return JSON.parse(/^"(?:[^"\\\\]|\\\\.)*"/.exec(text)[0]);
}
function told(result) {
  const of = function (name) { return result.headers[name].value; };
  if (!result.statusCode) return ['go', result.uri];
  if (result.statusCode === 302) return ['redirect', of('location'), of('x-amz-meta-version')];
  if (result.statusCode === 204) return ['preflight'];
  if (result.statusCode === 404) return ['unknown', result.body.data.slice(0, -1)];
  if (result.statusCode === 410) return ['gone', result.body.data.slice(0, -1)];
  const script = result.body.data;
  if (!result.headers['x-edgeship-location']) return ['policy'];
  if (script.slice(0, 9) === 'export * ') {
    const names = /^export \\* from ("[^"]*");\\n(?:export { (default) } from \\1;\\n)?$/.exec(script);
    return ['reexport', JSON.parse(names[1]), of('x-amz-meta-version'), names[2] || ''];
  }
  const url = textAfter(script, 'a="').replace('https://cdn.example', '') + textAfter(script, 'a+"');
  return ['insert', url, of('x-amz-meta-version'), textAfter(script, '.integrity="')];
}
const work = JSON.parse(fs.readFileSync('WORK/work.json').toString());
const out = [];
function next(i) {
  if (i === work.asked.length) return fs.writeFileSync('WORK/told.jsonl', out.join('\\n'));
  const one = work.asked[i];
  cf.state.values = work.stores[one.store];
  cf.state.broken = one.broken === true;
  cf.state.reads = 0;
  Date.now = function () { return one.now * 1000; };
  handler(one.event).then(function (result) {
    out.push(JSON.stringify({ told: told(result), reads: cf.state.reads, raw: work.raw ? result : undefined }));
    next(i + 1);
  });
}
next(0);
"""
_RUN_MOVING_HEADERS = """
const work = JSON.parse(fs.readFileSync('WORK/work.json').toString());
const out = work.asked.map(function (one) {
  Date.now = function () { return one.now * 1000; };
  const headers = { 'cache-control': { value: 'no-store' } };
  if (one.date !== null) headers.date = { value: one.date };
  const event = { request: { uri: one.uri }, response: { statusCode: 200, headers: headers } };
  return JSON.stringify(handler(event).headers['cache-control'].value);
});
fs.writeFileSync('WORK/told.jsonl', out.join('\\n'));
"""


_RUN_TOKENS = """
import fs from 'fs';
const work = JSON.parse(fs.readFileSync('WORK/work.json').toString());
const out = [];
function next(i) {
  if (i === work.asked.length) return fs.writeFileSync('WORK/told.jsonl', out.join('\\n'));
  const one = work.asked[i];
  cf.state.values = one.store;
  Date.now = function () { return one.now * 1000; };
  handler(one.event).then(function (result) {
    out.push(JSON.stringify(result));
    next(i + 1);
  });
}
next(0);
"""


@dataclass(frozen=True)
class Engine:
    """A JavaScript engine, and how a module of it is run in a folder that holds a module `cloudfront`."""

    name: str
    tool: Tool
    batch: int
    """Requests of one process: njs on the command line frees nothing, and gets slower with each."""

    def run(
        self,
        folder: Path,
        stores: Sequence[Mapping[str, str]],
        asked: Sequence[Mapping[str, Any]],
        *,
        root_widget: str | None = None,
        raw: bool = False,
    ) -> list[dict[str, Any]]:
        """For each event (`{"store": index, "event": …, "now": seconds}`), what the router's answer tells: `told`, as
        `telling` writes the specification's, the number of `reads`, and the `raw` answer where asked for."""
        self.tool.require()
        results: list[dict[str, Any]] = []
        for start in range(0, len(asked), self.batch):
            results += self._run(folder, stores, asked[start : start + self.batch], root_widget, raw)
        return results

    def _run(
        self,
        folder: Path,
        stores: Sequence[Mapping[str, str]],
        asked: Sequence[Mapping[str, Any]],
        root_widget: str | None,
        raw: bool,
    ) -> list[dict[str, Any]]:
        numbers = sorted({one["store"] for one in asked})
        stores = [stores[number] for number in numbers]
        asked = [{**one, "store": numbers.index(one["store"])} for one in asked]
        code = router_code(ROOT, root_widget=root_widget, pointer_max_age=300, exposed_headers=EXPOSED)
        return self._told(folder, code + _RUN, {"stores": stores, "asked": asked, "raw": raw})

    def previews(
        self, folder: Path, stores: Sequence[Mapping[str, str]], asked: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """As `run`, of the function of the previews' distribution, with the raw answers."""
        self.tool.require()
        code = preview_code(ROOT, exposed_headers=EXPOSED)
        found: list[dict[str, Any]] = []
        for start in range(0, len(asked), self.batch):
            part = asked[start : start + self.batch]
            found += self._told(folder, code + _RUN, {"stores": stores, "asked": part, "raw": True})
        return found

    def moving_headers(self, folder: Path, asked: Sequence[Mapping[str, Any]]) -> list[str | None]:
        """For each `{"uri": …, "date": header or None, "now": seconds}`, the Cache-Control of the response."""
        self.tool.require()
        code = moving_headers_code(ROOT, pointer_max_age=300)
        return self._told(folder, "import fs from 'fs';\n" + code + _RUN_MOVING_HEADERS, {"asked": asked})

    def tokens(self, folder: Path, asked: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """For each `{"store": …, "event": …, "now": seconds}`, the answer with the token of a page view."""
        self.tool.require()
        return self._told(folder, token_code(ROOT) + _RUN_TOKENS, {"asked": asked})

    def _told(self, folder: Path, module: str, work: Mapping[str, Any]) -> list[Any]:
        """What a module leaves in `told.jsonl` of what it reads in `work.json`."""
        (folder / "work.json").write_text(json.dumps(work), "utf-8")
        (folder / "run.mjs").write_text(module.replace("WORK", str(folder)), "utf-8")
        package = folder / "node_modules" / "cloudfront"
        package.mkdir(parents=True, exist_ok=True)
        (package / "package.json").write_text('{"type": "module", "main": "index.js"}')
        (package / "index.js").write_text(_CLOUDFRONT)
        (folder / "cloudfront").write_text(_CLOUDFRONT)
        command = {"node": ["node", "run.mjs"], "njs": ["njs", "-p", str(folder), "run.mjs"]}[self.name]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        assert (done.returncode, "Thrown" in done.stdout) == (0, False), done.stdout + done.stderr
        return [json.loads(line) for line in (folder / "told.jsonl").read_text("utf-8").splitlines()]


NODE_ENGINE = Engine("node", NODE, 50_000)
NJS_ENGINE = Engine("njs", NJS, 250)
ENGINES = (NODE_ENGINE, NJS_ENGINE)
