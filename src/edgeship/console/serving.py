"""The console's server: on loopback alone, for as long as it is wanted."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from edgeship.console.app import console_app
from edgeship.console.desk import Desk
from edgeship.console.guard import Guard

HOST = "127.0.0.1"
STOP_SECONDS = 2


@dataclass(frozen=True)
class Served:
    """Where it answers; the URL has the token that opens it."""

    url: str
    port: int


@contextmanager
def served(desk: Desk, port: int = 0, *, ahead: bool = False) -> Iterator[Served]:
    """A console that answers when this returns, and is gone after the block. Port 0: a free one. With `ahead`, the
    overview is read before the first page asks for it.

    Raises:
        OSError: the port is taken.
    """
    desk.prepare()
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        bound = listening.getsockname()[1]
        guard = Guard(console_app(desk, ahead=ahead), bound)
        server = uvicorn.Server(
            uvicorn.Config(
                guard,
                http="h11",
                ws="none",
                lifespan="off",
                loop="asyncio",
                interface="asgi3",
                access_log=False,  # a line of it would have the token
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=STOP_SECONDS,
            )
        )
        running = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="console", daemon=True)
        listening.listen(128)  # what asks from now on waits for the server, and is not refused
        running.start()
        try:
            yield Served(f"http://{HOST}:{bound}/?token={guard.token}", bound)
        finally:
            server.should_exit = True
            running.join(2 * STOP_SECONDS)
