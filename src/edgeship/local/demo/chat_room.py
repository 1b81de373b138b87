"""A chat room's incoming webhook on loopback: keeps what is posted to it, and answers as Slack does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class ChatRoom:
    """`url` is what to post to; `messages` what has come, oldest first."""

    url: str
    messages: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def chat_room() -> Iterator[ChatRoom]:
    """A room that is open while the block runs."""
    room = ChatRoom("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            room.messages.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            """Nothing: the story tells what comes."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    room.url = f"http://127.0.0.1:{server.server_port}/services/room"
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    worker.start()
    try:
        yield room
    finally:
        server.shutdown()
        worker.join()
        server.server_close()
