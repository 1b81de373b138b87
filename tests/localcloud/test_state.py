"""The file by which a running local cloud is found."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.state import LocalState, down, process_start, read_state, remove_state, write_state


@pytest.fixture
def state() -> LocalState:
    return LocalState(
        pid=os.getpid(),
        process_start=process_start(os.getpid()) or "",
        endpoint_url="http://127.0.0.1:1",
        edge_url="http://127.0.0.1:2",
        cloudflare_url="http://127.0.0.1:3",
        environment="local",
        account="000000000000",
        started_at="2026-11-23T12:00:00+00:00",
        logs="/tmp/logs",
    )


def test_it_reads_back_while_its_process_lives(tmp_path: Path, state: LocalState) -> None:
    path = tmp_path / "folder" / "local.json"
    write_state(path, state)
    assert read_state(path) == state
    assert [p.name for p in path.parent.iterdir()] == ["local.json"]


def test_a_process_that_is_gone_is_not_running(tmp_path: Path, state: LocalState) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path = tmp_path / "local.json"
    write_state(path, replace(state, pid=gone.pid))
    assert read_state(path) is None
    assert down(path) is None
    assert not path.exists()


def test_another_process_with_the_same_id_is_not_it(tmp_path: Path, state: LocalState) -> None:
    path = tmp_path / "local.json"
    write_state(path, replace(state, process_start="long ago"))
    assert read_state(path) is None
    assert down(path) is None, "a stranger is not signalled"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "surprise": true}'])
def test_an_unreadable_file_is_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "local.json"
    path.write_text(content)
    assert read_state(path) is None


def test_only_its_own_file_is_removed(tmp_path: Path, state: LocalState) -> None:
    path = tmp_path / "local.json"
    write_state(path, state)
    remove_state(path, pid=1)
    assert read_state(path) == state
    remove_state(path, pid=os.getpid())
    assert not path.exists()


def test_down_stops_a_process_and_waits(tmp_path: Path, state: LocalState) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        path = tmp_path / "local.json"
        running = replace(state, pid=child.pid, process_start=process_start(child.pid) or "")
        write_state(path, running)
        assert down(path) == running
        assert process_start(child.pid) is None
        assert not path.exists()
    finally:
        child.kill()
        child.wait()
