"""edgeship embed --mcp, and the example's server that returns it; import maps, policies and moving paths."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from mcp.client import Client

from tests.cli.command_line import CommandLine
from tests.cli.pipeline import Pipeline
from tests.support.repository import ROOT

FOLDER = ROOT / "examples" / "mcp-widget"
MIME_TYPE = "text/html;profile=mcp-app"


@pytest.fixture(scope="module")
def server() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mcp_widget_server", FOLDER / "server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def embeds(edgeship: CommandLine, pipeline: Pipeline, tmp_path: Path) -> Path:
    """Documents of two versions, and of latest, which is at the second."""
    script = (FOLDER / "dist" / "order-status.js").read_bytes()
    folder = tmp_path / "embeds"
    folder.mkdir()
    for version in ("1.0.0", "1.1.0"):
        files = {"order-status.js": script.replace(b"VERSION = '1.0.0'", f"VERSION = '{version}'".encode())}
        pipeline.ship("order-status", version, files)
        edgeship("promote", "order-status", version, "--now", "--yes")
    for version in ("1.0.0", "1.1.0", "latest"):
        done = edgeship("embed", "order-status", version, "--mcp", "--element", "order-status")
        assert (done.code, done.err) == (0, "")
        (folder / f"{version}.json").write_text(done.out)
    return folder


async def told(server: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The tool, its result, and every resource by its URI."""
    async with Client(server) as client:
        (tool,) = (await client.list_tools()).tools
        result = await client.call_tool("order_status", {"number": "1234"})
        uris = [str(each.uri) for each in (await client.list_resources()).resources]
        read = {uri: (await client.read_resource(uri)).contents[0] for uri in uris}
    dumped = {uri: each.model_dump(by_alias=True, mode="json") for uri, each in read.items()}
    return tool.model_dump(by_alias=True, mode="json"), result.structured_content or {}, dumped


def test_a_host_finds_the_document_that_the_tool_names_and_every_older_one(server: ModuleType, embeds: Path) -> None:
    for shown in ("1.0.0", "1.1.0", "latest"):
        embed = json.loads((embeds / f"{shown}.json").read_text())
        tool, result, resources = asyncio.run(told(server.build(embeds, shown)))
        uri = embed["resource"]["uri"]
        assert tool["_meta"]["ui"]["resourceUri"] == tool["_meta"]["openai/outputTemplate"] == uri
        assert result == {"number": "1234", "status": "shipped"}
        assert len(resources) == 3
        assert (resources[uri]["mimeType"], resources[uri]["text"]) == (MIME_TYPE, embed["resource"]["text"])
        assert resources[uri]["_meta"] == embed["resource"]["_meta"]


@pytest.mark.parametrize(
    ("version", "options", "reason"),
    [
        ("latest", ["--body", "inline"], "latest moves"),
        ("~1", ["--body", "inline"], "~1 moves"),
        ("1.2.0", ["--body", "inline"], "loads other files"),
        ("1.3.0", [], "no script"),
        ("1.0.0", ["--element", "Order"], "no custom element"),
        ("~2", [], "no live version"),
    ],
)
def test_what_no_document_can_show_is_refused(
    edgeship: CommandLine, pipeline: Pipeline, version: str, options: list[str], reason: str
) -> None:
    pipeline.ship("order-status", "1.0.0", {"widget.js": b"1;"})
    pipeline.ship("order-status", "1.2.0", {"widget.js": b"import './part.js';", "part.js": b"1;"})
    pipeline.ship("order-status", "1.3.0", {"index.html": b"<!doctype html>"})
    done = edgeship("embed", "order-status", version, "--mcp", *options)
    assert (done.code, done.out) == (1, "")
    assert reason in done.err


def test_what_an_author_wants_is_declared_for_both_kinds_of_hosts(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("order-status", "1.0.0", {"widget.js": b"1;"})
    plain = json.loads(edgeship("embed", "order-status", "1.0.0", "--mcp").out)
    asked = ["--connect", "https://api.example.com", "--no-border", "--domain", "a.example.com", "--element", "o-s"]
    wished = json.loads(edgeship("embed", "order-status", "1.0.0", "--mcp", *asked).out)
    site = "https://widgets.example.com"
    assert plain["resource"]["_meta"] == {
        "ui": {"csp": {"connectDomains": [site], "resourceDomains": [site]}},
        "openai/widgetCSP": {"connect_domains": [site], "resource_domains": [site]},
    }
    assert wished["resource"]["_meta"] == {
        "ui": {
            "csp": {"connectDomains": [site, "https://api.example.com"], "resourceDomains": [site]},
            "prefersBorder": False,
            "domain": "a.example.com",
        },
        "openai/widgetCSP": {"connect_domains": [site, "https://api.example.com"], "resource_domains": [site]},
        "openai/widgetPrefersBorder": False,
        "openai/widgetDomain": "a.example.com",
    }
    assert "<o-s></o-s>" in wished["resource"]["text"]
    assert wished["resource"]["uri"] != plain["resource"]["uri"]
    assert wished["resource"]["uri"].startswith("ui://order-status/1.0.0/")


def test_ranges_and_channels_have_tags_without_hashes(edgeship: CommandLine, pipeline: Pipeline) -> None:
    pipeline.ship("order-status", "1.0.0", {"widget.js": b"1;"})
    pipeline.ship("order-status", "1.2.0", {"widget.js": b"2;"})
    edgeship("promote", "order-status", "1.2.0", "--now", "--yes")
    edgeship("promote", "order-status", "1.0.0", "--channel", "next", "--now", "--yes")
    for selector, version in (("~1", "1.2.0"), ("~1.0", "1.0.0"), ("~next", "1.0.0"), ("latest", "1.2.0")):
        shown = json.loads(edgeship("embed", "order-status", selector, "--json").out)
        assert (shown["version"], shown["integrity"]) == (version, None)
        assert shown["url"] == f"https://widgets.example.com/order-status/{selector}/widget.js"
    latest = json.loads(edgeship("embed", "order-status", "~latest", "--json").out)
    assert latest["url"] == "https://widgets.example.com/order-status/latest/widget.js"


def test_an_import_map_holds_every_module_and_the_policy_names_the_cdn(
    edgeship: CommandLine, pipeline: Pipeline
) -> None:
    pipeline.ship(
        "order-status",
        "1.2.0",
        {"widget.js": b"import './part.js'; import('./late.js');", "part.js": b"1;", "late.js": b"2;"},
    )
    done = edgeship("embed", "order-status", "1.2.0", "--import-map", "--csp", "--telemetry")
    policy, map_, *_ = done.out.splitlines()
    site = "https://widgets.example.com"
    assert policy == f"Content-Security-Policy: script-src {site}; connect-src {site}"
    hashes = json.loads(map_.removeprefix('<script type="importmap">').removesuffix("</script>"))["integrity"]
    assert {url.rpartition("/")[2] for url in hashes} == {"widget.js", "part.js", "late.js"}
    assert all(each.startswith("sha384-") for each in hashes.values())
