"""A preview on the local cloud: served by the second distribution alone, replaced, removed, and over at its second."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeship.adapters.cdn.key_value_store import KeyValueStore, at_its_endpoint
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.application.transaction import Transaction
from edgeship.bootstrap import operator
from edgeship.domain.events import Occasion
from edgeship.domain.previews.preview import Preview
from edgeship.local.cloud import LocalCloud
from localcloud.sandbox import SandboxSession

pytestmark = [pytest.mark.cloud, pytest.mark.nightly]

WIDGET = "previewed"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


OPENER = urllib.request.build_opener(_Stay)


def get(url: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with OPENER.open(url, timeout=10) as answer:
            return answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def until(found: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)


def publish(tools: operator.Operator, folder: Path, text: str) -> Preview:
    folder.mkdir(exist_ok=True)
    (folder / "widget.js").write_text(text)
    uploaded = tools.publish_preview(folder, WIDGET, "pr-1", 3600, BundleFacts(), lambda _: None)
    return tools.publish_preview.follow(uploaded, timedelta(seconds=60))


def exact(preview: Preview) -> str:
    return f"/{WIDGET}/p/pr-1/{preview.build}/widget.js"


def test_a_preview_is_served_by_the_second_distribution_alone_until_it_is_over(
    cloud: LocalCloud, tools: operator.Operator, tmp_path: Path
) -> None:
    host, moving = cloud.preview_url, f"/{WIDGET}/preview/pr-1/widget.js"
    assert host is not None
    first = publish(tools, tmp_path / "dist", "export const one = 1;\n")
    until(lambda: get(host + moving)[1].get("location") == exact(first))
    status, headers, _ = get(host + moving)
    assert (status, headers["cache-control"], headers["x-robots-tag"]) == (302, "no-store", "noindex, nofollow")
    status, headers, body = get(host + exact(first))
    assert (status, body) == (200, b"export const one = 1;\n")
    assert (headers["cache-control"], headers["x-robots-tag"]) == ("no-cache", "noindex, nofollow")

    # No spelling of its paths leads there from the first distribution, nor to a release from the second.
    build = first.build
    for path in (
        *(moving, exact(first), f"/{WIDGET}/latest/widget.js", f"/{WIDGET}/~pr-1/widget.js"),
        *(
            f"/{WIDGET}/v0.0.0-pr-1/widget.js",
            f"/{WIDGET}/%70/pr-1/{build}/widget.js",
            f"//{WIDGET}/p/pr-1/{build}/widget.js",
        ),
        *(f"/{WIDGET}/x/../p/pr-1/{build}/widget.js", f"/_latest/{WIDGET}/p/pr-1/{build}/widget.js"),
        f"/{WIDGET}%2Fp%2Fpr-1%2F{build}%2Fwidget.js",
    ):
        assert get(cloud.edge_url + path)[0] == 404, path
    assert get(f"{host}/{WIDGET}/manifests/0.0.0-pr-1.json")[0] == 404
    assert tools.state.widget(WIDGET) is None

    second = publish(tools, tmp_path / "dist", "export const two = 2;\n")
    until(lambda: get(host + moving)[1].get("location") == exact(second))
    assert get(host + exact(first))[2] == b"export const one = 1;\n"

    # Its time is over: at once for viewers, and within a minute for the record.
    over(cloud, second)
    until(lambda: get(host + moving)[0] in (404, 410))
    assert [get(host + exact(each))[0] for each in (first, second)] != [200, 200]
    assert get(host + exact(second))[1]["cache-control"] == "no-store"
    until(lambda: tools.state.previews(WIDGET).served(datetime.now(UTC)) == [])

    third = publish(tools, tmp_path / "dist", "export const three = 3;\n")
    until(lambda: get(host + moving)[1].get("location") == exact(third))
    assert get(host + exact(first))[0] == 404
    tools.remove_preview(WIDGET, "pr-1", Occasion("local", "ann", "merged", datetime.now(UTC)))
    until(lambda: get(host + moving)[0] == 404)
    assert get(host + exact(third))[0] == 404


def over(cloud: LocalCloud, preview: Preview) -> None:
    """Let the store say that a preview expires now, as it will: the shortest time to live is an hour."""
    session: SandboxSession = cloud.session()
    found = session.client("cloudfront").describe_key_value_store(Name=cloud.names.preview_store)
    store = KeyValueStore(at_its_endpoint(session.client("cloudfront-keyvaluestore")), found["KeyValueStore"]["ARN"])
    key = f"{WIDGET}/{preview.name}"
    value = json.loads(store.get(key) or "{}")
    store.update({key: json.dumps({**value, "u": int(time.time())})}, [], store.content().etag)
    tools = operator.build(cloud.names, session, None)
    record = tools.state.previews(WIDGET)
    due = replace(preview, earlier=(), until=datetime.now(UTC).isoformat(timespec="milliseconds"))
    tools.state.commit(Transaction(puts=(replace(record, previews=(due,)),), events=()))
