"""Alarms on edgeship itself: messages in failure queues, events that started nothing, functions in error or without
capacity, a relay that lags, a router or a CDN in error.

The alarms of releases are not here: the functions make and remove them.
"""

from __future__ import annotations

from aws_cdk import Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from edgeship.domain.edge.route_values import MAX_STORE_BYTES
from edgeship.domain.telemetry.metric_registry import MAX_RELEASES
from edgeship.domain.telemetry.metrics import FLAGS_LEFT_OUT, RELEASES_LEFT_OUT, STORE_BYTES
from infra.constructs.cdn.distribution import Cdn
from infra.constructs.cdn.router import Router
from infra.constructs.functions import RegionalFunction
from infra.constructs.monitoring.aws_metrics import MINUTE, Rules, cdn_errors, lost_events, own, router_errors
from infra.constructs.notifications import Notifications
from infra.constructs.pipeline import Pipeline
from infra.constructs.propagation import Propagation
from infra.constructs.rollouts import Rollouts
from infra.constructs.telemetry import Telemetry
from infra.options import SynthOptions

RELAY_LAG_MS = 60_000
"""Events and the edge's snapshot follow a change within seconds; one minute means that nothing gets through."""
CDN_ERROR_PERCENT = 1
STORE_ALARM_PERCENT = 80
STORE_ALARM_BYTES = MAX_STORE_BYTES * STORE_ALARM_PERCENT // 100
TICK_MISSED_MINUTES = 5
WAIT_SECONDS = 900
"""A message that was received a few times without success is not counted, so this is how long nothing took one
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html)."""


class Alarms(Construct):
    """Each alarm watches one metric, or the sum of some, and reports both ways, to one topic. A first deploy makes them
    without actions."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        pipeline: Pipeline,
        rollouts: Rollouts,
        propagation: Propagation,
        notifications: Notifications,
        telemetry: Telemetry,
        router: Router,
        cdn: Cdn,
    ) -> None:
        super().__init__(scope, id)
        self._options = options
        self._prefix = options.names.stack
        self.names: list[str] = []
        self.topic = sns.Topic(self, "Topic", display_name=f"edgeship {options.environment}", enforce_ssl=True)
        # Not encrypted by a key: CloudWatch would need a customer-managed key, and the messages contain only names of
        # alarms. The first policy on a topic replaces its default policy, so it must allow CloudWatch, and only for
        # this account's alarms.
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

        for function in (pipeline.artifact_upload, pipeline.promotion, rollouts.rollback):
            self._function(
                function,
                set_aside="failed on a message: read it in the queue, fix the cause, send it again.",
                failed="failed. Lambda tries again; a message that keeps failing goes to the failure queue.",
            )
        self._waiting(
            pipeline.artifact_upload, pipeline.failed_uploads, "Uploads at which the function failed wait to be refused"
        )
        self._function(
            pipeline.relay,
            set_aside="set a message aside: a record of the table's stream, or a minute in which it did not repair the "
            "edge. See the runbook for which of them has to be sent again.",
            failed="fails. Changes may not reach the edge and the bus, and the edge is not repaired: see its log.",
        )
        self._function(
            rollouts.rollout,
            set_aside="missed a minute. The next run does its work. If it repeats, fix the cause; purge the queue.",
            failed="fails every minute. Some rollouts don't advance, and alarms of releases may be missing: see its "
            "log for the channels. Alarms still roll bad releases back.",
        )
        self._function(
            propagation.function,
            set_aside="could not bring a move to a CDN. The edge serves the move; caches may be old until they expire. "
            "See its log for the CDN, fix the cause, send the message again.",
            failed="fails. Moves are served, but the caches of a second CDN and the copies under latest may be old.",
            rules=[(propagation.rule, propagation.bus)],
        )
        self._waiting(propagation.function, propagation.queue, "Moves wait for their propagation")
        self._function(
            notifications.function,
            set_aside="could not notify a destination: edgeship status names the destinations and the reasons. Fix the "
            "cause, send the message again.",
            failed="fails. Events wait in its queue, and nobody is notified of them.",
            rules=[(notifications.rule, notifications.bus)],
        )
        self._waiting(notifications.function, notifications.queue, "Events wait for their notification")
        self._function(
            telemetry.function,
            failed="loses beacons. Until that ends, releases are analysed with the rest, or not at all.",
            throttled="There are more beacons than the function may handle, and the rest is lost: a flood, or "
            "telemetry_concurrency, or the account's quota, is too small for the traffic.",
        )
        ticks_missing = self._alarm(
            "Rollout/Missing",
            rollouts.rollout.function.metric_invocations(period=MINUTE),
            1,
            f"The minute tick has not run for {TICK_MISSED_MINUTES} minutes: rollouts don't advance, and only alarms "
            "roll bad releases back. Check the rule that invokes it, and that the account has concurrency left.",
            periods=TICK_MISSED_MINUTES,
            comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            # A function that is not invoked has no datapoint at all.
            missing=cloudwatch.TreatMissingData.BREACHING,
        )
        # Which takes minutes: the tick has run when the alarm counts them.
        ticks_missing.node.add_dependency(cdn.distribution)
        self._alarm(
            "Relay/Lag",
            pipeline.relay.function.metric(
                "IteratorAge", period=MINUTE, statistic="Maximum", unit=cloudwatch.Unit.MILLISECONDS
            ),
            RELAY_LAG_MS,
            "Changes are committed, but don't reach the edge and the bus: see the relay's log.",
            periods=3,
        )
        self._alarm(
            "Router/StoreSize",
            own(STORE_BYTES, options.environment, cloudwatch.Unit.BYTES),
            STORE_ALARM_BYTES,
            f"The edge's store of routes is more than {STORE_ALARM_PERCENT} % full. From 90 % on, old minor ranges "
            "(~1.4) are left out of it, the oldest of each widget first; channels and major ranges stay.",
            periods=3,
        )
        self._alarm(
            "Flags/LeftOut",
            own(FLAGS_LEFT_OUT, options.environment, cloudwatch.Unit.COUNT),
            0,
            "A flag's record can't be brought to the edge, and its clients use the defaults in their code. "
            "edgeship status names it, and why.",
        )
        self._alarm(
            "Telemetry/LeftOut",
            own(RELEASES_LEFT_OUT, options.environment, cloudwatch.Unit.COUNT),
            0,
            f"More than {MAX_RELEASES:,} releases are live, and the rest has no metrics: nothing analyses it or rolls "
            "it back. Rollouts and open rollback windows come first.",
            periods=3,
        )
        self._alarm(
            "Router/Errors",
            router_errors(router.functions),
            0,
            "A function of the edge fails, and its viewers get a 503: see its log in us-east-1, and roll it back by "
            "a deploy of its last version.",
            periods=3,
        )
        self._alarm(
            "Cdn/Errors",
            cdn_errors(cdn.distribution),
            CDN_ERROR_PERCENT,
            "More than 1 % of answers are 5xx: the edge function or S3 fails.",
            periods=3,
        )

    def _function(
        self,
        function: RegionalFunction,
        *,
        failed: str,
        set_aside: str = "",
        rules: Rules = (),
        throttled: str = "",
    ) -> None:
        """`rules` fill its queue, where there is one; those that invoke it are known."""
        for queue in function.queues:
            self._alarm(
                f"{queue.node.path.split('/', 2)[-1]}",
                queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum"),
                0,
                f"{function.name} {set_aside}",
            )
        name = function.node.id
        self._alarm(
            f"{name}/Errors", function.function.metric_errors(period=MINUTE), 0, f"{function.name} {failed}", periods=3
        )
        self._alarm(
            f"{name}/Throttles",
            function.function.metric_throttles(period=MINUTE),
            0,
            throttled
            or f"{function.name} finds no concurrency left, and its events wait: the account's quota is used up, or "
            "what is reserved for it.",
            periods=3,
        )
        # Metrics of idle queues can be a quarter of an hour late; these are not.
        if function.rules or rules:
            invoked = function if function.rules else None
            self._alarm(
                f"{name}/Lost",
                lost_events((*function.rules, *rules), invoked),
                0,
                f"{function.name} was not started by events that were for it: EventBridge could not hand them over, or "
                "Lambda gave them up. They are in its failure queues within a quarter of an hour.",
            )

    def _waiting(self, function: RegionalFunction, queue: sqs.Queue, what: str) -> None:
        self._alarm(
            f"{function.node.id}/Waiting",
            queue.metric_approximate_age_of_oldest_message(period=MINUTE, statistic="Maximum"),
            WAIT_SECONDS,
            f"{what}, and nothing takes them: check that the function runs, and that the account has concurrency left.",
            periods=3,
        )

    def _alarm(
        self,
        id: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        description: str,
        periods: int = 1,
        comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
        # Most of these metrics have no datapoints while nothing happens, which is healthy.
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> cloudwatch.Alarm:
        words, name = id.replace("/", ""), f"{self._prefix}-{id.replace('/', '-')}"
        self.names.append(name)
        alarm = cloudwatch.Alarm(
            self,
            words,
            alarm_name=name,
            alarm_description=description,
            metric=metric,
            comparison_operator=comparison,
            threshold=threshold,
            evaluation_periods=periods,
            treat_missing_data=missing,
            # A new alarm goes to OK from no state at all, which is a message each, too.
            actions_enabled=not self._options.first_deploy,
        )
        action = actions.SnsAction(self.topic)
        alarm.add_alarm_action(action)
        alarm.add_ok_action(action)
        return alarm
