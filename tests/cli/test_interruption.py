"""A signal ends a publish: no temporary file is left, and the last line says how to go on."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.bundles import WIDGET
from tests.support.repository import ROOT

IDENTITY = (
    b"<r><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:aws:iam::1:user/ci</Arn>"
    b"</GetCallerIdentityResult></r>"
)


def until_the_upload(server: socket.socket) -> socket.socket:
    """Answers who is asking, refuses the rest, and never answers the upload: its connection."""
    while True:
        connection, _ = server.accept()
        request = connection.recv(65_536)
        if request.startswith(b"PUT /"):
            return connection
        with connection:
            if request.startswith(b"POST /") and b"Action=" not in request:
                request += connection.recv(65_536)
            known = b"Action=GetCallerIdentity" in request
            status, body = (b"200 OK", IDENTITY) if known else (b"403 Forbidden", b"")
            head = b"HTTP/1.1 %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(body))
            connection.sendall(head + body)


@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_no_temporary_file(number: signal.Signals, tmp_path: Path) -> None:
    for path, body in WIDGET.items():
        (tmp_path / "dist" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "dist" / path).write_bytes(body)
    (tmp_path / "tmp").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "src"),
            "HOME": str(tmp_path),
            "TMPDIR": str(tmp_path / "tmp"),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "EDGESHIP_ENV": "staging",
            "EDGESHIP_ACCOUNT": "123456789012",
        }
        # A shell starts what runs in its background with SIGINT ignored, and its processes inherit that.
        script = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
            "from edgeship.cli.main import run; run()"
        )
        arguments = ["publish", "dist", "--widget", "checkout", "--version", "1.0.0"]
        running = subprocess.Popen(
            [sys.executable, "-c", script, *arguments], env=env, cwd=tmp_path, stderr=subprocess.PIPE, text=True
        )
        silent.settimeout(30)
        with until_the_upload(silent):
            assert list((tmp_path / "tmp").iterdir()) != []
            running.send_signal(number)
            _, printed = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "run the command again" in printed
    assert list((tmp_path / "tmp").iterdir()) == []
