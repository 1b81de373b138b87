"""The folder in which a local cloud's state lies between starts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from localcloud.kept_state import KeptState
from localcloud.lifecycle import AlreadyRunning


def test_one_local_cloud_at_a_time_has_it(tmp_path: Path) -> None:
    kept = KeptState(tmp_path / "deep" / "state")
    with kept.taken():
        with pytest.raises(AlreadyRunning, match="stop it, or name another folder"), KeptState(kept.folder).taken():
            raise AssertionError("both have it")
        with KeptState(tmp_path / "other").taken():
            pass
    with kept.taken():
        pass


def test_ports_are_those_of_the_last_start(tmp_path: Path) -> None:
    kept = KeptState(tmp_path)
    assert kept.ports() == {}
    kept.keep_ports({"api": 4566, "edge": 8080})
    assert KeptState(tmp_path).ports() == {"api": 4566, "edge": 8080}


def test_readers_of_streams_begin_again_and_all_else_stays(tmp_path: Path) -> None:
    kept = KeptState(tmp_path)
    kept.prepare()  # nothing is there yet
    kept.services.mkdir(parents=True)
    lambdas = kept.services / "lambda.json"
    lambdas.write_text(json.dumps({"format": 2, "payload": {"esms": {"a": 1}, "dynamodb_stream_positions": {"a": 11}}}))
    kept.prepare()
    assert json.loads(lambdas.read_text()) == {"format": 2, "payload": {"esms": {"a": 1}}}
