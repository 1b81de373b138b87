"""What AWS itself sends to an account's default bus, delivered to the rules there.

The emulator refuses PutEvents of `aws.*` sources, as AWS does, and offers no other way in. So the rules are asked one
by one by TestEventPattern, and their Lambda targets invoked. Other targets, and inputs made by a transformer or a path,
are not imitated: they are logged.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

logger = logging.getLogger(__name__)

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3_600, "day": 86_400}


def rate_seconds(expression: str) -> int | None:
    """Between two firings of a `rate(...)` expression; None for any other
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rate-expressions.html)."""
    found = _RATE.fullmatch(expression)
    return int(found[1]) * _SECONDS[found[2]] if found else None


class DefaultBus:
    def __init__(self, events: Any, functions: Any, patient_functions: Any) -> None:
        """
        Args:
            events, functions: clients of EventBridge and Lambda.
            patient_functions: a client of Lambda that waits for an invocation's end.
        """
        self._events = events
        self._functions = functions
        self._patient = patient_functions
        self._due: dict[str, float] = {}
        self._running: dict[str, threading.Thread] = {}

    def deliver(self, event: Mapping[str, Any]) -> int:
        """Invoke the Lambda targets of every rule that matches, asynchronously; how many there were.

        Raises:
            botocore.exceptions.ClientError, BotoCoreError: some may have been invoked.
        """
        text = json.dumps(event)
        return sum(
            self._send(rule["Name"], event)
            for rule in self._rules()
            if rule.get("EventPattern")
            and self._events.test_event_pattern(EventPattern=rule["EventPattern"], Event=text)["Result"]
        )

    def tick(self, speed: float, now: float) -> None:
        """Fire the rules whose rate, at `speed`, is due; a rule whose last firing still runs is passed over.

        Args:
            now: monotonic seconds.
        """
        rates = {rule["Name"]: (rule, rate_seconds(rule.get("ScheduleExpression", ""))) for rule in self._rules()}
        # The countdown begins when a rule is first seen, and anew when it comes back.
        self._due = {name: at for name, at in self._due.items() if name in rates}
        for name, (rule, seconds) in rates.items():
            if seconds is None or now < self._due.setdefault(name, now + seconds / speed):
                continue
            self._due[name] = max(now, self._due[name] + seconds / speed)
            running = self._running.get(name)
            if running is not None and running.is_alive():
                continue
            thread = threading.Thread(target=self._fire, args=(rule,), name=f"localcloud-tick-{name}", daemon=True)
            self._running[name] = thread
            thread.start()

    def _fire(self, rule: Mapping[str, Any]) -> None:
        event = scheduled_event(rule["Arn"], datetime.now(UTC), str(uuid.uuid4()))
        try:
            for function, payload in self._targets(rule["Name"], event):
                answer = self._patient.invoke(FunctionName=function, Payload=payload)
                if "FunctionError" in answer:
                    logger.warning("%s failed on its tick: %s", function, answer["Payload"].read().decode())
        except (BotoCoreError, ClientError) as error:
            logger.warning("rule %s: %s", rule["Name"], error)

    def _send(self, rule: str, event: Mapping[str, Any]) -> int:
        sent = 0
        for function, payload in self._targets(rule, event):
            self._functions.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
            sent += 1
        return sent

    def _targets(self, rule: str, event: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
        """The Lambda targets' ARNs, and what each is to get."""
        for target in self._events.list_targets_by_rule(Rule=rule)["Targets"]:
            if ":lambda:" not in target["Arn"] or "InputTransformer" in target or "InputPath" in target:
                logger.warning("rule %s: target %s is not imitated", rule, target["Arn"])
                continue
            yield target["Arn"], target.get("Input", json.dumps(event)).encode()

    def _rules(self) -> Iterator[dict[str, Any]]:
        for page in self._events.get_paginator("list_rules").paginate():
            yield from (rule for rule in page["Rules"] if rule["State"] == "ENABLED")


def scheduled_event(rule_arn: str, at: datetime, event_id: str) -> dict[str, Any]:
    """What a scheduled rule sends (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html)."""
    region, account = rule_arn.split(":")[3:5]
    return {
        "version": "0",
        "id": event_id,
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": [rule_arn],
        "detail": {},
    }
