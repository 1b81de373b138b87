"""edgeship rollout watch, publish --wait-for complete, and status --watch."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edgeship.cli.status import status
from edgeship.cli.status.watch import sparkline
from edgeship.domain.events import Occasion
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.support.moto.aws import Aws


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What sleeps, does not; what happens meanwhile is up to the test."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def test_a_rollout_that_completed(rolling: CommandLine, quick: list[float]) -> None:
    assert rolling("promote", "checkout", "1.1.0", "--now").code == 0
    done = rolling("rollout", "watch", "checkout", "--json")
    assert (done.code, done.document["outcome"], done.document["cause"]) == (0, "completed", None)
    assert_as_documented(done.document, "edgeship rollout watch")
    assert rolling("rollout", "watch", "checkout").out == (
        "latest of checkout: the rollout to 1.1.0 is completed, everybody gets 1.1.0\n"
    )


def test_a_rollout_that_is_aborted_while_it_is_watched(
    rolling: CommandLine, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    from edgeship.application.channels.steer_rollout import SteerRollout
    from tests.fakes.health import FakeAlarms

    def sleep(_: float) -> None:
        occasion = Occasion("test", "edgeship:rollout", "error rate 40 % (limit 5 %)", datetime.now(UTC))
        SteerRollout(aws.state, FakeAlarms(lambda: datetime.now(UTC)), lambda _: None).abort(
            "checkout", "latest", occasion, None
        )

    monkeypatch.setattr("edgeship.bootstrap.operations.reading.time.sleep", sleep)
    done = rolling("rollout", "watch", "checkout")
    assert done.code == 1
    assert "checkout 1.1.0 running at 1 %, step 1 of 5" in done.err
    assert "checkout 1.1.0 aborted" in done.err
    assert done.out.splitlines() == [
        "latest of checkout: the rollout to 1.1.0 is aborted, everybody gets 1.0.0",
        "error rate 40 % (limit 5 %)",
        "next: edgeship status checkout",
    ]
    again = rolling("rollout", "watch", "checkout", "--json")
    assert (again.code, again.document["outcome"], again.document["version"]) == (1, "aborted", "1.0.0")


def test_watching_ends_in_time(rolling: CommandLine, quick: list[float]) -> None:
    done = rolling("rollout", "watch", "checkout", "--timeout", "0", "--json")
    assert (done.code, done.document["error"]["code"]) == (3, "timeout")


def test_nothing_to_watch(at_once: CommandLine) -> None:
    assert at_once("rollout", "watch", "chekout", "--json").document["error"]["code"] == "widget_unknown"


def test_status_is_shown_again_when_it_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    documents = iter([{"n": 1}, {"n": 1}, {"n": 2}])

    def read() -> tuple[dict[str, object], list[object]]:
        try:
            document = next(documents)
        except StopIteration:
            raise KeyboardInterrupt from None
        return document, [f"n is {document['n']}"]

    status.repeat(read, lambda _: None)  # type: ignore[arg-type]
    assert capsys.readouterr().out.splitlines() == ["n is 1", "n is 2"]


def test_status_is_not_watched_by_programs(rolling: CommandLine) -> None:
    assert rolling("status", "--watch", "--json").code == 2


@pytest.mark.parametrize(
    ("values", "line"),
    [([], ""), ([0, 0], "▁▁"), ([0, 1, 2, 4, 8], "▁▂▃▅█"), ([None, 5, None, 2.5], " █ ▅")],
)
def test_a_sparkline(values: list[float | None], line: str) -> None:
    assert sparkline(values) == line
