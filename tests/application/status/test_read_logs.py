"""What the functions logged: by the widget, and with the other lines of the same runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from edgeship.application.status.ports import LogLine
from edgeship.application.status.read_logs import AT_A_TIME, ReadLogs

BEGIN = datetime(2026, 11, 24, 10, tzinfo=UTC)


def line(second: int, function: str, message: str, **fields: Any) -> LogLine:
    return LogLine(BEGIN + timedelta(seconds=second), function, {"message": message, **fields})


class Logged:
    """Finds texts anywhere in a line, as CloudWatch Logs does."""

    def __init__(self, *lines: LogLine) -> None:
        self.lines, self.questions = lines, 0

    def search(self, texts: Sequence[str], since: datetime) -> list[LogLine]:
        self.questions += 1
        return [each for each in self.lines if each.at >= since and any(text in str(each.fields) for text in texts)]


def messages(lines: Sequence[LogLine]) -> list[str]:
    return [each.fields["message"] for each in lines]


def test_the_lines_about_a_widget_and_those_of_the_same_runs() -> None:
    logged = Logged(
        line(3, "promotion", "decided", widget="checkout", correlation_id="b"),
        line(1, "artifact_upload", "accepted", key="incoming/checkout/1.0.0.tar.gz", correlation_id="a"),
        line(2, "promotion", "read", correlation_id="b"),
        line(2, "promotion", "another widget", widget="checkout-2", correlation_id="c"),
        line(4, "promotion", "the same run, another widget", widget="chat", correlation_id="b"),
        line(5, "relay", "names it only in a text", reason="checkout is at fault", correlation_id="d"),
    )
    assert messages(ReadLogs(logged).of_widget("checkout", BEGIN)) == ["accepted", "read", "decided"]
    assert messages(ReadLogs(logged).of_widget("checkout", BEGIN + timedelta(seconds=3))) == ["decided"]


def test_the_lines_of_an_event() -> None:
    logged = Logged(
        line(2, "promotion", "decided", widget="checkout", correlation_id="b"),
        line(1, "notification", "delivered", event="Release Registered", correlation_id="b"),
        line(3, "promotion", "mentions it", of="b", correlation_id="c"),
    )
    assert messages(ReadLogs(logged).of_event("b", BEGIN)) == ["delivered", "decided"]


def test_many_runs_take_few_questions() -> None:
    lines = [line(n, "promotion", f"m{n}", widget="checkout", correlation_id=f"run-{n:03}") for n in range(50)]
    logged = Logged(*lines)
    assert len(ReadLogs(logged).of_widget("checkout", BEGIN)) == 50
    assert logged.questions == 1 + -(-50 // AT_A_TIME)
