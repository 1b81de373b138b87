"""Alarms on the machinery itself: what was set aside, functions in error, a relay that lags, a CDN in error.

The alarms of releases are not here: the functions make and remove them.
"""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.distribution import Cdn
from infra.constructs.functions import RegionalFunction
from infra.constructs.notifications import Notifications
from infra.constructs.pipeline import Pipeline
from infra.constructs.propagation import Propagation
from infra.constructs.rollouts import Rollouts
from infra.constructs.telemetry import Telemetry
from infra.options import SynthOptions

MINUTE = Duration.minutes(1)
RELAY_LAG_MS = 60_000
"""Events and the edge's snapshot follow a change within seconds; a minute behind means that nothing gets through."""
CDN_ERROR_PERCENT = 1
TICK_MISSED_MINUTES = 5
NOTICE_WAIT_SECONDS = 900
"""What was received a few times without success no longer counts, so this is how long nobody has taken an event
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html)."""


class Alarms(Construct):
    """Each alarm watches one metric and reports both ways, to one topic."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002
        *,
        options: SynthOptions,
        pipeline: Pipeline,
        rollouts: Rollouts,
        propagation: Propagation,
        notifications: Notifications,
        telemetry: Telemetry,
        cdn: Cdn,
    ) -> None:
        super().__init__(scope, id)
        self._prefix = options.names.stack
        self.topic = sns.Topic(self, "Topic", display_name=f"edgeship {options.environment}", enforce_ssl=True)
        # Not encrypted by a key: with one, every alarm would need a customer-managed key that CloudWatch may use, and
        # messages hold names of alarms alone. The first policy on a topic replaces its default one, so CloudWatch,
        # and only for this account's alarms, is let in by name.
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Alarms",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        if options.alarm_email:
            self.topic.add_subscription(subscriptions.EmailSubscription(options.alarm_email))

        for function in (*pipeline.functions, rollouts.rollback):
            self._function(
                function,
                set_aside="could not take something: see it in the queue, mend the cause, send it again.",
                failed="failed. Lambda tries again; what keeps failing ends in its queue.",
            )
        self._function(
            rollouts.rollout,
            set_aside="missed a minute. The next makes up for it: mend the cause, if it goes on, and empty the queue.",
            failed="fails minute after minute. Some rollouts don't advance, and alarms of releases may be missing: see "
            "its log for the channels. Alarms still take bad releases back.",
        )
        self._function(
            propagation.function,
            set_aside="could not bring a move to a CDN. The edge serves it all the same; caches may be behind, until "
            "they expire. See its log for the CDN, mend the cause, send it again.",
            failed="fails. Moves are served, but caches of a second CDN and the copies under latest may be behind.",
        )
        self._function(
            notifications.function,
            set_aside="could not tell somebody: edgeship status names the destinations and the reasons. Mend the "
            "cause, send it again.",
            failed="fails. Events wait in its queue, and nobody is told of them.",
        )
        self._alarm(
            "Notification/Waiting",
            notifications.queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
            NOTICE_WAIT_SECONDS,
            "Events wait to be told, and nobody takes them: see whether the function runs, and whether the account has "
            "concurrency left.",
            periods=3,
        )
        self._function(
            telemetry.function,
            failed="loses beacons. While it does, releases are judged by those that are left, or not at all.",
        )
        self._alarm(
            "Rollout/Missing",
            rollouts.rollout.function.metric_invocations(period=MINUTE),
            1,
            f"The minute tick has not run for {TICK_MISSED_MINUTES} minutes: rollouts stand still, and only alarms "
            "take bad releases back. See the rule that invokes it, and whether the account has concurrency left.",
            periods=TICK_MISSED_MINUTES,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # A function that is not invoked has no data point at all.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        self._alarm(
            "Telemetry/Throttles",
            telemetry.function.function.metric_throttles(period=MINUTE),
            0,
            "Beacons come faster than they may be handled, and the rest is lost: a flood, or telemetry_concurrency is "
            "too small for the traffic.",
            periods=3,
        )
        self._alarm(
            "Relay/Lag",
            pipeline.relay.function.metric(
                "IteratorAge", period=MINUTE, statistic="Maximum", unit=cloudwatch.Unit.MILLISECONDS
            ),
            RELAY_LAG_MS,
            "Changes are committed but don't reach the edge and the bus: see the relay's log.",
            periods=3,
        )
        self._alarm(
            "Cdn/Errors",
            cdn.distribution.metric5xx_error_rate(period=MINUTE),
            CDN_ERROR_PERCENT,
            "More than 1 % of answers are 5xx: the edge function or S3 is failing.",
            periods=3,
        )

    def _function(self, function: RegionalFunction, *, failed: str, set_aside: str = "") -> None:
        for queue in function.queues:
            self._alarm(
                f"{queue.node.path.split('/', 2)[-1]}",
                queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
                0,
                f"{function.name} {set_aside}",
            )
        self._alarm(
            f"{function.node.id}/Errors",
            function.function.metric_errors(period=MINUTE),
            0,
            f"{function.name} {failed}",
            periods=3,
        )

    def _alarm(
        self,
        id: str,  # noqa: A002
        metric: cloudwatch.Metric,
        threshold: float,
        description: str,
        periods: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        # Most of these metrics have no data while nothing happens, which is well.
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        words = id.replace("/", "")
        alarm = cloudwatch.Alarm(
            self,
            words,
            alarm_name=f"{self._prefix}-{id.replace('/', '-')}",
            alarm_description=description,
            metric=metric,
            comparison_operator=comparison,
            threshold=threshold,
            evaluation_periods=periods,
            treat_missing_data=missing,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
