"""Lambda functions made by hand on an emulator, each of one Python source."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

from localcloud.sandbox import SandboxSession
from tests.localcloud.handmade import ACCOUNT

ROLE = f"arn:aws:iam::{ACCOUNT}:role/handmade"


def make_function(session: SandboxSession, name: str, source: str) -> str:
    """Make a function of a module with a `handler`; its ARN."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", source)
    made = session.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="index.handler",
        Role=ROLE,
        Timeout=20,
        Code={"ZipFile": archive.getvalue()},
    )
    return str(made["FunctionArn"])


def invoke(session: SandboxSession, name: str, event: object) -> Any:
    answer = session.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    assert "FunctionError" not in answer
    return json.loads(answer["Payload"].read())
