"""Queues: for what waits, and for what could not be delivered or handled."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

MAX_RECEIVES = 10
DELIVERY_AGE = Duration.hours(24)
DELIVERY_ATTEMPTS = 185
"""EventBridge's longest and most: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html."""


class FailureQueue(sqs.Queue):
    """Encrypted, TLS only; keeps a message for 14 days, SQS's maximum, for a person to check."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SQS3", reason="It is itself where failures end; an alarm watches its depth."
            )
        )


class WorkQueue(sqs.Queue):
    """Encrypted, TLS only; what was received `max_receives` times without success goes to `failures`.

    A message waits for at most 14 days, SQS's maximum: it must reach `failures` before, or it is lost.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        visibility_timeout: Duration,
        failures: FailureQueue,
        max_receives: int = MAX_RECEIVES,
    ) -> None:
        super().__init__(
            scope,
            id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=visibility_timeout,
            retention_period=Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=max_receives, queue=failures),
        )

    def take_from(self, rule: events.Rule, undelivered: FailureQueue) -> None:
        """Let every event of a rule wait here; what can't be delivered goes to `undelivered`."""
        rule.add_target(
            targets.SqsQueue(
                self, dead_letter_queue=undelivered, max_event_age=DELIVERY_AGE, retry_attempts=DELIVERY_ATTEMPTS
            )
        )
