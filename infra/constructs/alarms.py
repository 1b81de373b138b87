"""Alarms on the machinery itself: what was set aside, functions in error, a relay that lags, a CDN in error."""

from __future__ import annotations

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.constructs.distribution import Cdn
from infra.constructs.pipeline import Pipeline
from infra.options import SynthOptions

MINUTE = Duration.minutes(1)
RELAY_LAG_MS = 60_000
"""Events and the edge's snapshot follow a change within seconds; a minute behind means that nothing gets through."""
CDN_ERROR_PERCENT = 1


class Alarms(Construct):
    """Each alarm watches one metric and reports both ways, to one topic."""

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002
        *,
        options: SynthOptions,
        pipeline: Pipeline,
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

        for function in pipeline.functions:
            for queue in function.queues:
                self._alarm(
                    f"{queue.node.path.split('/', 2)[-1]}",
                    queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
                    0,
                    f"{function.name} could not take something: see it in the queue, mend the cause, send it again.",
                )
            self._alarm(
                f"{function.node.id}/Errors",
                function.function.metric_errors(period=MINUTE),
                0,
                f"{function.name} failed. Lambda tries again; what keeps failing ends in its queue.",
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

    def _alarm(
        self,
        id: str,  # noqa: A002
        metric: cloudwatch.Metric,
        threshold: float,
        description: str,
        periods: int = 1,
    ) -> None:
        words = id.replace("/", "")
        alarm = cloudwatch.Alarm(
            self,
            words,
            alarm_name=f"{self._prefix}-{id.replace('/', '-')}",
            alarm_description=description,
            metric=metric,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            threshold=threshold,
            evaluation_periods=periods,
            # None of these metrics has data while nothing happens, which is well.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
