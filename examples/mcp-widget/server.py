"""An MCP server whose tool shows a widget: it serves every document in `embeds/`, and names one of them.

    edgeship embed order-status 1.0.0 --mcp --element order-status > embeds/1.0.0.json
    python server.py --show 1.0.0

Old documents stay: chats show them again, also after a rollback. To roll back, name another one.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from mcp.server.apps import APP_MIME_TYPE, Apps
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.resources import TextResource

ORDERS = {"1234": "shipped", "1235": "being packed"}


def build(folder: Path, shown: str) -> MCPServer:
    """The server; `shown` is the name of the file whose document the tool names, without its ending."""
    apps = Apps()
    embeds = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    for resource in {embed["resource"]["uri"]: embed["resource"] for embed in embeds.values()}.values():
        apps.add_resource(
            TextResource(
                uri=resource["uri"],
                name=resource["name"],
                mime_type=APP_MIME_TYPE,
                meta=resource["_meta"],
                text=resource["text"],
            )
        )
    meta: dict[str, Any] = dict(embeds[shown]["tool"]["_meta"])
    uri = meta.pop("ui")["resourceUri"]

    @apps.tool(resource_uri=uri, meta=meta, name="order_status", description="The status of an order, by its number.")
    def order_status(number: str) -> dict[str, str]:
        return {"number": number, "status": ORDERS.get(number, "unknown")}

    return MCPServer("orders", extensions=[apps])


def main() -> None:
    parser = argparse.ArgumentParser(description="An MCP server whose tool shows a widget.")
    parser.add_argument("--embeds", type=Path, default=Path(__file__).with_name("embeds"), metavar="FOLDER")
    parser.add_argument("--show", required=True, metavar="NAME", help="the file in the folder, such as 1.0.0")
    chosen = parser.parse_args()
    build(chosen.embeds, chosen.show).run("streamable-http")


if __name__ == "__main__":
    main()
