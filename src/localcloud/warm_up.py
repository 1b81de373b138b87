"""Invokes functions once, side by side, with events that change nothing.

On a laptop the first real event would else wait for one cold start after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from localcloud.sandbox import SandboxSession


def warm_up(session: SandboxSession, events: Mapping[str, object]) -> None:
    """Invoke each function of `events`, by its physical name, that is deployed, and wait for them.

    Raises:
        RuntimeError: one failed; the message is its error.
    """
    if not events:
        return
    client = session.client("lambda")
    pages = client.get_paginator("list_functions").paginate()
    deployed = {function["FunctionName"] for page in pages for function in page["Functions"]}

    def invoke(name: str, event: object) -> None:
        answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        if "FunctionError" in answer:
            raise RuntimeError(f"{name} fails on a harmless event: {answer['Payload'].read().decode()}")

    with ThreadPoolExecutor(len(events)) as pool:
        for done in [pool.submit(invoke, name, event) for name, event in events.items() if name in deployed]:
            done.result()
