"""Invokes functions once with events that change nothing.

On a laptop the first real event would else wait for one cold start after the other.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from localcloud.sandbox import SandboxSession

ATTEMPTS = 3
"""On a busy machine a cold start may take longer than the function's timeout."""
_TIMED_OUT = "Sandbox.Timedout"


def warm_up(session: SandboxSession, events: Mapping[str, Sequence[object]]) -> None:
    """Invoke each function of `events`, by its physical name, that is deployed, and wait for them. Events of one
    function are sent at the same time, so each gets a sandbox of its own.

    Raises:
        RuntimeError: one failed; the message is its error.
    """
    if not events:
        return
    client = session.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    deployed = {function["FunctionName"] for page in pages for function in page["Functions"]}
    asked = {name: several for name, several in events.items() if name in deployed}
    # Those with the most events first: while all threads are free, they do run at the same time.
    in_order = sorted(asked, key=lambda name: -len(asked[name]))
    most = max((len(several) for several in asked.values()), default=1)
    # No more at a time than there are processors: cold starts are all computing, and each has its function's timeout.
    with ThreadPoolExecutor(max(os.cpu_count() or 1, most)) as pool:
        for done in [pool.submit(_invoke, client, name, event) for name in in_order for event in asked[name]]:
            done.result()


def _invoke(client: Any, name: str, event: object) -> None:
    error: dict[str, Any] = {}
    for _ in range(ATTEMPTS):
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        if "FunctionError" not in answer:
            return
        error = json.loads(answer["Payload"].read())
        if error.get("errorType") != _TIMED_OUT:
            break
    raise RuntimeError(f"{name} fails on a harmless event: {error}")
