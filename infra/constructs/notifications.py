"""Notifications: a queue for every event of the bus, the function behind it, and a topic for e-mail."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from edgeship.domain.events import SOURCE
from edgeship.resource_names import NOTICE_PREFIX, REGION
from infra.constructs.bus import Bus
from infra.constructs.functions import Build, RegionalFunction
from infra.constructs.queues import FailureQueue, WorkQueue
from infra.constructs.table import StateTable
from infra.options import SynthOptions

TIMEOUT = Duration.seconds(60)
"""Of a batch. Its messages are delivered in parallel, each to its destinations in turn; one that is down takes 5 s."""
MAX_RECEIVES = 200
"""At least 24 hours, however attempts fail: `backoff` waits that long in all, and so does `VISIBILITY` where processes
die. At most 200 hours, if a receiver asks for an hour each time: less than a queue keeps a message."""
VISIBILITY = Duration.seconds(440)
"""More than six times the function's timeout (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html)."""
SECRETS_OF_THE_ENVIRONMENT = "The notifications file names secrets, under this environment's prefix alone."


class Notifications(Construct):
    """notification. Events wait in its queue: a destination that is down delays neither the bus nor the rest."""

    def __init__(self, scope: Construct, id: str, build: Build, *, table: StateTable, bus: Bus) -> None:
        super().__init__(scope, id)
        options = build.options
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=options.names.notification_topic,
            display_name=f"edgeship {options.environment}",
            enforce_ssl=True,
        )
        # Not encrypted by a key, like the alarms' topic: its messages become e-mails.
        if options.notification_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(options.notification_email))
        self._failures = FailureQueue(self, "Notification-Failures")
        self._undelivered = FailureQueue(self, "Notification-Undelivered")
        # While Lambda has no capacity left, messages may be delivered twice; the claims in the table prevent a second
        # notification.
        self.queue = WorkQueue(
            self, "Queue", visibility_timeout=VISIBILITY, failures=self._failures, max_receives=MAX_RECEIVES
        )
        self.bus = bus.bus
        self.rule = events.Rule(
            self,
            "Every",
            event_bus=bus.bus,
            event_pattern=events.EventPattern(source=[SOURCE]),
            description="Every event of edgeship waits for its notification",
        )
        self.queue.take_from(self.rule, self._undelivered)
        self.function = RegionalFunction(
            self,
            "Notification",
            "notification",
            build,
            settings={
                "table": table.table.table_name,
                "topic_arn": self.topic.topic_arn,
                "queue_url": self.queue.queue_url,
            },
            timeout=TIMEOUT,
            memory_mib=512,
        )
        self._permit(options, table)
        self.function.on_queue("Waiting", self.queue, failures=(self._failures, self._undelivered))

    def _permit(self, options: SynthOptions, table: StateTable) -> None:
        allow = self.function.allow
        prefix = f"edgeship/{options.environment}/*"
        allow(["dynamodb:GetItem"], table.table.table_arn)
        allow(["dynamodb:UpdateItem"], table.table.table_arn, partitions=f"{NOTICE_PREFIX}*")
        allow(["sns:Publish"], self.topic.topic_arn)
        allow(
            ["ssm:GetParameter"],
            f"arn:aws:ssm:{REGION}:{options.account}:parameter/{prefix}",
            reason=SECRETS_OF_THE_ENVIRONMENT,
        )
        allow(
            ["secretsmanager:GetSecretValue"],
            f"arn:aws:secretsmanager:{REGION}:{options.account}:secret:{prefix}",
            reason=SECRETS_OF_THE_ENVIRONMENT,
        )
        allow(["sqs:ChangeMessageVisibility"], self.queue.queue_arn)
