"""The benchmarks' instruments tell the truth: what a wrong one says is worse than nothing."""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

import pytest

from tests.bench import generated_bundle
from tests.bench.processes import CommandFailed, Workers, run, run_all
from tests.bench.report import Row
from tests.bench.request_meter import RequestMeter
from tests.bench.visitor import NeverServed, Visitor

MIB = 1024**2
SIGNED = "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/{}/aws4_request, SignedHeaders=host, Signature=0"


class Shelf(http.server.BaseHTTPRequestHandler):
    """Keeps what is put, and answers with it."""

    protocol_version = "HTTP/1.1"
    kept: dict[str, bytes]

    def do_PUT(self) -> None:
        if self.headers["Transfer-Encoding"] == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers["Content-Length"]))
        self.kept[self.path] = body
        self._answer(200, b"")

    def do_GET(self) -> None:
        body = self.kept.get(self.path)
        self._answer(404, b"") if body is None else self._answer(200, body)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def shelf() -> Iterator[tuple[str, dict[str, bytes]]]:
    kept: dict[str, bytes] = {}
    with serving(type("OneShelf", (Shelf,), {"kept": kept})) as url:
        yield url, kept


@contextmanager
def serving(handler: type[Shelf]) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_each_request_counts_once_however_it_is_cut_into_packets() -> None:
    s3, dynamodb = (f"Authorization: {SIGNED.format(service)}\r\n" for service in ("s3", "dynamodb"))
    sent = (
        f"PUT /a HTTP/1.1\r\nHost: x\r\n{s3}Content-Length: 20\r\nExpect: 100-continue\r\n\r\nGET /no HTTP/1.1\r\n\r\n"
        f"PUT /b HTTP/1.1\r\nHost: x\r\n{s3}Transfer-Encoding: chunked\r\n\r\n3\r\nPUT\r\n0\r\n\r\n"
        f"GET /b HTTP/1.1\r\nHost: x\r\n{dynamodb}X-Amz-Target: DynamoDB_20120810.GetItem\r\n\r\n"
        "GET /none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    ).encode()
    for step in (1, 7, len(sent)):
        with shelf() as (url, kept), RequestMeter(url) as meter:
            with socket.create_connection(("127.0.0.1", int(meter.url.rpartition(":")[2]))) as connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for start in range(0, len(sent), step):
                    connection.sendall(sent[start : start + step])
                answers = b"".join(iter(lambda: connection.recv(65536), b""))
            assert kept == {"/a": b"GET /no HTTP/1.1\r\n\r\n", "/b": b"PUT"}
            assert answers.count(b" 200 OK") == 3
            assert answers.count(b" 404 Not Found") == 1
            assert meter.counts() == {"s3 PUT": 2, "dynamodb GetItem": 1, "unsigned GET": 1}
            assert meter.total() == 4
            assert meter.traffic() == (len(sent), len(answers))


def test_a_process_is_measured_by_itself_and_not_by_what_started_it(tmp_path: Path) -> None:
    here = bytearray(os.urandom(MIB)) * 200
    small = run([sys.executable, "-I", "-S", "-c", "import time; time.sleep(0.2)"], os.environ, tmp_path)
    large = run([sys.executable, "-I", "-S", "-c", "held = bytes([1]) * 100_000_000"], os.environ, tmp_path)
    assert len(here) == 200 * MIB
    assert small.peak_bytes < 50 * MIB
    assert 95 * MIB < large.peak_bytes < 150 * MIB
    assert 0.2 <= small.seconds < 5
    assert small.began <= small.ended <= time.monotonic()


def test_commands_in_a_row_take_their_time_together_and_the_largest_peak(tmp_path: Path) -> None:
    sleep = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(0.2)"]
    hold = [sys.executable, "-I", "-S", "-c", "held = bytes([1]) * 100_000_000"]
    together = run_all([sleep, hold, sleep], os.environ, tmp_path)
    assert together.seconds >= 0.4
    assert together.peak_bytes > 95 * MIB


def test_a_command_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match=r"ended with 3:\nno such widget"):
        run([sys.executable, "-I", "-S", "-c", "print('no such widget'); raise SystemExit(3)"], os.environ, tmp_path)
    with pytest.raises(CommandFailed, match="No such file"):
        run([str(tmp_path / "nothing")], os.environ, tmp_path)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads Linux's /proc")
def test_a_worker_is_told_by_its_mark_and_its_peak_can_be_forgotten() -> None:
    mark = f"BENCH_MARK={os.getpid()}-{time.monotonic_ns()}"
    name, _, value = mark.partition("=")
    program = "held = bytes([1]) * 100_000_000; del held; print('ready', flush=True); input()"
    workers = Workers(mark)
    assert workers.peak_bytes() is None
    with_mark = {**os.environ, name: value}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=with_mark, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdin
        assert worker.stdout
        worker.stdout.readline()
        peak = workers.peak_bytes()
        workers.forget_peak()
        after = workers.peak_bytes()
        worker.stdin.write(b"\n")
    assert peak is not None
    assert after is not None
    assert peak > 95 * MIB
    assert after < 50 * MIB


def test_the_visitor_tells_when_the_last_file_came() -> None:
    with shelf() as (url, kept):
        kept["/a"] = b"new"

        def work() -> float:
            time.sleep(0.2)
            kept["/b"] = b"new"
            return time.monotonic()

        put_at, served_at = Visitor(url).during({"/a": b"new", "/b": b"new"}, work)
        assert 0 <= served_at - put_at < 2


@pytest.mark.parametrize(("status", "header"), [(302, "Location"), (200, "x-edgeship-location")])
def test_the_visitor_goes_where_a_moving_path_leads(status: int, header: str) -> None:
    class Moving(Shelf):
        def do_GET(self) -> None:
            if self.path == "/v1/a.js?x=1":
                self._answer(200, b"new")
                return
            self.send_response(status)
            self.send_header(header, "http://127.0.0.1/v1/a.js?x=1")
            self.send_header("Content-Length", "0")
            self.end_headers()

    with serving(Moving) as url:
        assert Visitor(url).load({"/latest/a.js": b"new"}) == []
        assert Visitor(url).load({"/latest/a.js": b""}) == ["/latest/a.js"]


def test_old_bytes_are_never_taken_for_new_ones() -> None:
    with shelf() as (url, kept):
        kept["/a"] = b"old"
        with pytest.raises(NeverServed, match="/a"):
            Visitor(url).during({"/a": b"new"}, lambda: None, seconds=0.1)
        with pytest.raises(NeverServed, match="1 of 1 files"):
            Visitor(url).insist({"/a": b"new"}, seconds=0.1)
        with pytest.raises(CommandFailed, match="broke"):
            Visitor(url).during({"/a": b"new"}, _break)


def _break() -> None:
    raise CommandFailed("broke")


def test_the_bundle_is_the_same_each_time_and_every_file_changes_in_size() -> None:
    first, again, other = (dict(generated_bundle.contents(patch)) for patch in (1, 1, 2))
    assert first == again
    assert list(first) == list(other) == generated_bundle.names()
    assert len(first) == generated_bundle.FILES
    assert all(len(first[name]) != len(other[name]) for name in first)
    assert mean(map(len, first.values())) == pytest.approx(generated_bundle.MEAN_BYTES, rel=0.05)


def test_a_ratio_needs_a_peer() -> None:
    assert Row("x", "s", 1.0, 4.0).ratio == 0.25
    assert Row("x", "s", 1.0).ratio is None
    assert Row("x", "", 9.0, 0.0).ratio is None
    assert Row("x", "s", None, 4.0).ratio is None
