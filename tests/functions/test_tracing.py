"""The tracer that the option `tracing` puts around a handler. In processes of their own: it changes botocore."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

from edgeship.settings import TRACING

PROGRAM = """
import sys
from edgeship.bootstrap.runtime import traced

@traced
def handler(event, context):
    return {"answer": event["question"]}

assert handler({"question": 42}, None) == {"answer": 42}
print("aws_xray_sdk" in sys.modules)
"""
TRACE = "Root=1-5e1b4151-5ac6c58239c1e5b412345678;Parent=53995c3f42cd8ad8;Sampled=1"


def loads_the_sdk(**environment: str) -> bool:
    lambdas = {"LAMBDA_TASK_ROOT": "/var/task", "_X_AMZN_TRACE_ID": TRACE, "POWERTOOLS_SERVICE_NAME": "relay"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], **lambdas, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout == "True\n"


def test_it_is_off_unless_the_stack_says_so() -> None:
    assert not loads_the_sdk()
    assert not loads_the_sdk(**{TRACING: "false"})


def test_a_traced_invocation_is_sent_without_its_answer() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
        daemon.bind(("127.0.0.1", 0))
        daemon.settimeout(10)
        assert loads_the_sdk(**{TRACING: "true", "AWS_XRAY_DAEMON_ADDRESS": f"127.0.0.1:{daemon.getsockname()[1]}"})
        _, _, text = daemon.recv(65_536).partition(b"\n")
    sent = json.loads(text)
    assert (sent["name"], sent["trace_id"]) == ("## handler", "1-5e1b4151-5ac6c58239c1e5b412345678")
    assert sent["annotations"] == {"ColdStart": True, "Service": "relay"}
    assert "metadata" not in sent
