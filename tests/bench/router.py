"""The router of moving paths: its time and size, its store's size, and the local CDN with it.

Times are of the deployed code under njs, of whose family CloudFront's engine is; each is beside that of a handler that
returns the request. The store is in the process: what a read of it takes at the edge is not in them.

AWS publishes no time limit: CloudFront tells a "compute utilization", a share of a limit without a number
(https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-function-restrictions.html). One
millisecond is taken for the limit here, and the budget is 80 % of it.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from edgeship.bootstrap import operator
from edgeship.domain.bucketing import user_token
from edgeship.domain.edge.route_values import FULL_BYTES, Routes, Values, size, store_values, widget_values
from edgeship.domain.edge.router import REVISION_KEY, Request
from edgeship.domain.edge.store_changes import updates
from edgeship.domain.events import Occasion
from edgeship.local.cloud import LocalCloud
from infra.router_code import MAX_CODE_BYTES, router_code
from tests.bench.report import Report, Row
from tests.edge.router.engines import EXPOSED
from tests.edge.router.viewer import event_of
from tests.support.bundles import WIDGET, tar_gz
from tests.support.pytest_plugins.tools import NJS
from tests.support.repository import ROOT

MOST_MICROSECONDS = 0.8 * 1_000
MOST_MB = 2.5
"""Of 10,000 widgets: half of the store."""
MB = 1024**2
WIDGETS, RUNS = 10_000, 5
WARM_UP, REQUESTS = 20, 200
"""Of one process: njs on the command line frees nothing, and gets slower with each."""
SECONDS, CONNECTIONS = 5.0, 4
PATIENCE_SECONDS = 60.0

HASH = b64encode(sha256(b"widget").digest()).decode().rstrip("=")
SERVED: Mapping[str, list[Any]] = {"modules": [], "classic scripts": ["widget.js", HASH], "in place": [1]}
SIX = ("latest", "next", "1", "1.4", "1.3", "0")
FORTY = (*SIX, *(f"1.{minor}" for minor in range(5, 39)))
NAME = "checkout"

# A rejected promise, as native code gives it: a `throw new Error` in a script takes njs half a millisecond.
_CLOUDFRONT = """
const state = { values: {} };
function has(key) { return Object.prototype.hasOwnProperty.call(state.values, key); }
export default {
  state: state,
  kvs: function () {
    return {
      get: function (key) {
        return has(key) ? Promise.resolve(state.values[key]) : Promise.reject(new Error('KeyNotFound'));
      },
      exists: function (key) { return Promise.resolve(has(key)); },
    };
  },
};
"""
_LOOP = """
import fs from 'fs';
const work = JSON.parse(fs.readFileSync('FOLDER/work.json').toString());
cf.state.values = work.store;
async function empty(event) { return event.request; }
function next(i) {
  if (i === work.events.length) return;
  console.time('t');
  HANDLER(work.events[i]).then(function () {
    console.timeEnd('t');
    next(i + 1);
  });
}
next(0);
"""


def routes(selectors: Sequence[str], how: list[Any], **latest: Any) -> Routes:
    """A widget's routes with these selectors, of which each minor range has a release of its own."""
    channels: dict[str, Any] = {"latest": {"stable": "1.4.2", **latest}}
    if "next" in selectors:
        channels["next"] = {"stable": "2.0.0-beta.1"}
    named = {"1": "1.4.2", "0": "0.9.1", "1.4": "1.4.2"}
    ranges = {name: named.get(name, f"{name}.7") for name in selectors if name not in channels}
    versions = {*(entry["stable"] for entry in channels.values()), *ranges.values(), "1.5.0"}
    return {"channels": channels, "ranges": ranges, "releases": dict.fromkeys(versions, how)}


def paths() -> dict[str, tuple[Values, Callable[[int], Request]]]:
    """What is asked of which store; each request has another user."""

    def asks(path: str) -> Callable[[int], Request]:
        return lambda number: Request(path, query={"user": [f"user-{number}"]}, headers={"user-agent": "Firefox"})

    latest, users = asks(f"/{NAME}/latest/js/widget.js"), [f"user-{number}" for number in range(WARM_UP + REQUESTS)]
    flag = {
        "k": "flag",
        "p": [[0, [[5_000, 0], [10_000, 1]], 1]],
        "versions": ["1.4.2", "1.5.0"],
        "targets": [user_token(user, "flag") for user in users],
    }
    rolling = {"candidate": "1.5.0", "percent": 25}
    modules = widget_values(NAME, routes(SIX, []))
    return {
        "a release of modules: 302": (modules, latest),
        "a release in place": (widget_values(NAME, routes(SIX, [1])), latest),
        "a rollout: the user's hash": (widget_values(NAME, routes(SIX, [], **rolling)), latest),
        "a classic script: the stub": (
            widget_values(NAME, routes(SIX, SERVED["classic scripts"])),
            asks(f"/{NAME}/latest/widget.js"),
        ),
        "a range with a key of its own": (
            widget_values(NAME, routes(FORTY, SERVED["classic scripts"])),
            asks(f"/{NAME}/~1.5/js/widget.js"),
        ),
        "a flag, a target user": (widget_values(NAME, routes(SIX, [], flag="flag", by_flag=flag)), latest),
        "an unknown widget: 404": (modules, asks("/nobody/latest/widget.js")),
    }


def microseconds(folder: Path, handler: str, store: Values, request: Callable[[int], Request]) -> float:
    """One request under njs, the median of several processes."""
    code = router_code(ROOT, root_widget=None, pointer_max_age=300, exposed_headers=EXPOSED)
    events = [event_of(request(number)) for number in range(WARM_UP + REQUESTS)]
    (folder / "work.json").write_text(json.dumps({"store": store | {REVISION_KEY: "7"}, "events": events}), "utf-8")
    (folder / "cloudfront").write_text(_CLOUDFRONT)
    (folder / "run.mjs").write_text(code + _LOOP.replace("FOLDER", str(folder)).replace("HANDLER", handler), "utf-8")
    times: list[float] = []
    for _ in range(RUNS):
        command = ["njs", "-p", str(folder), "run.mjs"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
        taken = [1_000 * float(line[3:-2]) for line in done.stdout.splitlines() if line.startswith("t: ")]
        assert len(taken) == WARM_UP + REQUESTS, done.stdout[-2_000:] + done.stderr
        times += taken[WARM_UP:]
    return statistics.median(times)


def store_rows() -> list[Row]:
    """What lies in the store, in bytes of keys and values, and how long it takes to compute."""
    rows = []
    for served, how in SERVED.items():
        for selectors in (SIX[:1], SIX, FORTY):
            values = widget_values(NAME, routes(selectors, how))
            what = f"a widget of {served}; selectors: {len(selectors)}, keys: {len(values)}"
            rows.append(Row(what, "bytes", size(values), digits=0))
    for served, how in SERVED.items():
        widgets = {f"widget-{number:04}": routes(SIX, how) for number in range(WIDGETS)}
        # Whatever its size, so that no range is left out.
        began = time.perf_counter()
        values = store_values(widgets, full=FULL_BYTES * 10)
        seconds = time.perf_counter() - began
        rows.append(
            Row(f"{WIDGETS:,} widgets of {served}, {len(SIX)} selectors", "MB", size(values) / MB, None, MOST_MB, 2)
        )
        rows.append(Row("    to compute them", "s", seconds, digits=2))
        rows.append(Row("    updates that fill an empty store", "", len(updates({}, values, revision=1)), digits=0))
    return rows


def cdn_seconds(progress: Callable[[str], None]) -> dict[str, float]:
    """One request through the local CDN, by what it is answered with: seconds, with several connections at a time."""
    with LocalCloud(state_path=None) as cloud:
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        by = Occasion("local", "local:bench", "a benchmark", datetime.now(UTC))
        tools.policy("placed", lambda policy: replace(policy, serve="in_place"), by)
        for widget in ("pinned", "placed"):
            cloud.session().client("s3").put_object(
                Bucket=cloud.names.inbox_bucket, Key=f"incoming/{widget}/1.0.0.tar.gz", Body=tar_gz(WIDGET)
            )
        asked = {
            "a 302": ("/pinned/latest/widget.js", 302),
            "in place": ("/placed/latest/widget.js", 200),
            "an exact path": ("/pinned/v1.0.0/widget.js", 200),
        }
        found = {}
        for what, (path, status) in asked.items():
            _wait(cloud.edge_url, path, status)
            progress(f"{what}: {SECONDS:g} s of requests")
            with ThreadPoolExecutor(CONNECTIONS) as pool:
                counts = pool.map(lambda _, p=path, s=status: _requests(cloud.edge_url, p, s), range(CONNECTIONS))
                found[what] = SECONDS / sum(counts)
        return found


def _requests(site_url: str, path: str, status: int) -> int:
    """How many are answered in the time over one connection."""
    connection = http.client.HTTPConnection(urlsplit(site_url).netloc, timeout=30)
    count, until = 0, time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert _status(connection, path) == status
        count += 1
    connection.close()
    return count


def _wait(site_url: str, path: str, status: int) -> None:
    connection = http.client.HTTPConnection(urlsplit(site_url).netloc, timeout=30)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := _status(connection, path)) != status:
        assert time.monotonic() < deadline, f"{path} is answered with {found}, not {status}"
        time.sleep(0.1)
    connection.close()


def _status(connection: http.client.HTTPConnection, path: str) -> int:
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return response.status


def measure(progress: Callable[[str], None]) -> Report:
    """Everything above, reported."""
    if NJS.is_missing:
        raise SystemExit(f"the router can't be timed {NJS.reason}")
    code = router_code(ROOT, root_widget=None, pointer_max_age=300, exposed_headers=EXPOSED)
    bytes_of_code = len(code.encode())
    rows = [Row("code", "bytes", bytes_of_code, None, MAX_CODE_BYTES, 0)]
    with tempfile.TemporaryDirectory() as name:
        times = {}
        for what, (store, request) in paths().items():
            progress(what)
            empty = microseconds(Path(name), "empty", store, request)
            times[what] = microseconds(Path(name), "handler", store, request)
            rows.append(Row(what, "us", times[what], empty, MOST_MICROSECONDS))
    progress("the store")
    rows += store_rows()
    progress("starting a local cloud")
    cdn = cdn_seconds(progress)
    exact = cdn["an exact path"] * 1e6
    rows += [Row(f"through the local CDN, {what}", "us", seconds * 1e6, exact) for what, seconds in cdn.items()]
    slowest = max(times.values())
    return Report(
        name="router",
        title="the router of moving paths, medians",
        peer="empty / exact path",
        rows=tuple(rows),
        notes=(
            f"the code has {bytes_of_code / MAX_CODE_BYTES:.0%} of the 10 KB that a function may have",
            f"the slowest takes {slowest / 1_000:.0%} of 1 ms, which is taken for the limit: AWS publishes none",
            *(f"through the local CDN, {what}: {1 / seconds:,.0f} requests a second" for what, seconds in cdn.items()),
        ),
    )
