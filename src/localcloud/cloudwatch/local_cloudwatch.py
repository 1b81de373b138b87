"""What the emulator lacks of CloudWatch and EventBridge, in a thread of its own.

Metrics out of log lines, alarms by their definitions, the events of their changes of state, and a minute that is
shorter than a minute.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from localcloud.cloudwatch.alarm_watch import AlarmWatch
from localcloud.cloudwatch.default_bus import DefaultBus
from localcloud.cloudwatch.emf import Sample, samples
from localcloud.cloudwatch.log_feed import LogFeed
from localcloud.cloudwatch.metric_store import MetricStore
from localcloud.cloudwatch.periods import real_seconds
from localcloud.sandbox import SandboxSession

BASE_PERIOD = 60
"""Seconds: how often CloudWatch evaluates alarms, and the shortest rate of a rule."""
MAX_SPEED = 60
"""CloudWatch's API counts periods in whole seconds."""
STOP_SECONDS = 2.0

_READ_SECONDS = 2.0
"""The longest time between two looks into the logs: at speed 1 metrics are not a minute late."""
_SETTLE = 0.15
"""Of a period: how long after its end it is evaluated, for an invocation under way to end and its lines to be read."""

# One attempt: what is tried again inside a client might count twice. The loop itself tries again.
_IMPATIENT = Config(connect_timeout=1, read_timeout=5, retries={"total_max_attempts": 1})
_PATIENT = Config(connect_timeout=1, read_timeout=900, retries={"total_max_attempts": 1})

logger = logging.getLogger(__name__)


class LocalCloudWatch:
    """Runs from start() to stop(). It needs an emulator that leaves alarms alone: MonitoredEmulator."""

    def __init__(self, session: SandboxSession, speed: float = 1) -> None:
        """
        Args:
            speed: so many times faster than real time periods, and the rates of rules, go by. At 1 rules are left to
                the emulator, which then keeps their rates itself.

        Raises:
            ValueError: the speed is not from 1 to MAX_SPEED.
        """
        self.speed = require_speed(speed)
        # Its own session, impatient: a stop waits for the step that is under way.
        self._session = SandboxSession(session.endpoint_url, _IMPATIENT)
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="localcloud-cloudwatch", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it, within STOP_SECONDS: a step that hangs longer is left to end by itself. Safe to call twice."""
        thread, self._thread = self._thread, None
        self._stopping.set()
        if thread is not None:
            thread.join(STOP_SECONDS)

    @property
    def runs(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        steps = _Steps(self._session, self.speed)
        period = real_seconds(BASE_PERIOD, self.speed)
        works = [
            _Work(steps.read_logs, min(period / 2, _READ_SECONDS)),
            _Work(steps.watch_alarms, period, _SETTLE * min(period, 10)),
        ]
        if self.speed > 1:
            works.append(_Work(steps.tick, min(period / 4, 1.0)))
        while not self._stopping.is_set():
            for work in works:
                if work.take_due(time.time()) and not self._stopping.is_set():
                    self._do(work.act)
            self._stopping.wait(max(0.0, min(work.next for work in works) - time.time()))

    def _do(self, act: Callable[[], None]) -> None:
        try:
            act()
        except (BotoCoreError, ClientError) as error:
            if not self._stopping.is_set():
                logger.warning("the monitor will try again: %s", error)
        except Exception:
            # Whatever is wrong in one alarm, rule or line, the others are to go on.
            logger.exception("a step of the monitor failed")


class _Steps:
    """What is done again and again, with what each remembers."""

    def __init__(self, session: SandboxSession, speed: float) -> None:
        cloudwatch = session.client("cloudwatch")
        self._speed = speed
        self._feed = LogFeed(session.client("logs"))
        self._store = MetricStore(cloudwatch)
        self._bus = DefaultBus(
            session.client("events"), session.client("lambda"), session.client("lambda", config=_PATIENT)
        )
        self._read: list[Sample] = []
        self._unsent: list[dict[str, Any]] = []
        self._alarms = AlarmWatch(cloudwatch, self._store, speed, self._unsent.append)

    def read_logs(self) -> None:
        for line in self._feed.read(time.time()):
            self._read += samples(line)
        self._store.put(self._read)

    def watch_alarms(self) -> None:
        try:
            # The newest period's last lines count in it.
            self.read_logs()
            self._alarms.look(time.time())
        finally:
            self._send()

    def tick(self) -> None:
        self._bus.tick(self._speed, time.monotonic())

    def _send(self) -> None:
        """At least once, as EventBridge: an event whose delivery fails in the middle goes out again, whole."""
        while self._unsent:
            self._bus.deliver(self._unsent[0])
            self._unsent.pop(0)


@dataclass
class _Work:
    """Something due every `seconds`, `after` a multiple of them since the epoch; what was missed is not caught up."""

    act: Callable[[], None]
    seconds: float
    after: float = 0.0
    next: float = 0.0

    def take_due(self, now: float) -> bool:
        if now < self.next:
            return False
        self.next = ((now - self.after) // self.seconds + 1) * self.seconds + self.after
        return True


def require_speed(speed: float) -> float:
    """
    Raises:
        ValueError: the speed is not from 1 to MAX_SPEED.
    """
    if not 1 <= speed <= MAX_SPEED:
        raise ValueError(f"speed {speed:g}: use 1 (real time) to {MAX_SPEED}")
    return speed
