"""The process that runs one Lambda@Edge function. Standard library only, run as a script.

    python -I -S edge_worker.py CODE_DIR MODULE.FUNCTION

-I and -S leave the function the standard library and its own code, nothing else. Reads one JSON line for each
invocation and writes one back; whatever the function prints goes to standard error. Ends when its input does, even in
the middle of an invocation, so it never outlives the process that started it.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, TextIO


class Context:
    """The attributes of Lambda's context object that Python functions use."""

    def __init__(self, request_id: str, timeout: float) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION", "")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        self.invoked_function_arn = ""
        self.log_group_name = f"/aws/lambda/us-east-1.{self.function_name}"
        self.log_stream_name = ""
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + timeout

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main(code_dir: str, handler: str) -> None:
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # Both the descriptor and the object: what the function prints is not a reply, and shows at once.
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_read, args=(lines,), daemon=True).start()
    sys.path.insert(0, code_dir)
    try:
        module, _, name = handler.rpartition(".")
        function: Callable[[Any, Context], Any] = getattr(importlib.import_module(module), name)
    except BaseException as error:  # noqa: BLE001 - whatever an import may raise is the answer
        _reply(replies, _failure(error))
        return
    _reply(replies, {"ready": True})
    while True:
        message = json.loads(lines.get())
        try:
            reply = {"result": function(message["event"], Context(message["id"], message["timeout"]))}
        except Exception as error:  # noqa: BLE001 - whatever the function raises is the answer
            reply = _failure(error)
        _reply(replies, reply)


def _read(lines: queue.Queue[str]) -> None:
    for line in sys.stdin:
        lines.put(line)
    os._exit(0)


def _failure(error: BaseException) -> dict[str, Any]:
    return {"error": "".join(traceback.format_exception(error))}


def _reply(replies: TextIO, reply: dict[str, Any]) -> None:
    try:
        text = json.dumps(reply)
    except (TypeError, ValueError) as error:
        text = json.dumps({"error": f"the function's result is not JSON: {error}"})
    replies.write(text + "\n")
    replies.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
