"""A regional Lambda function: its bundle, environment, log group, role, and where its failures go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Size, Validations
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from edgeship.settings import FUNCTION_SETTINGS, TRACING
from infra.bundling import Bundler, Target
from infra.constructs.log_group import RetainedLogGroup
from infra.constructs.permissions import allow
from infra.constructs.queues import DELIVERY_AGE, DELIVERY_ATTEMPTS, FailureQueue, WorkQueue
from infra.options import SynthOptions

QUEUE_CONCURRENCY = 5
"""Runs at a time for one queue: however many events wait, the account's other functions have the rest."""
INVOCATION_AGE = Duration.hours(6)
"""Lambda's longest: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html."""
TICK_AGE = Duration.minutes(1)
"""Of a scheduled event: the next does what it would have done. No shorter age is taken by either service."""
PYTHON_3_13_REASON = "Python 3.13 is supported until June 2029; bundles hold wheels for exactly this version."

X_RAY: Final = frozenset({"aws_xray_sdk"})
TIME_ZONES = frozenset({"tzdata"})
"""The zones of calendar windows, for functions that evaluate them: Lambda's image has none."""
X_RAY_REASON: Final = "X-Ray's actions know no resource-level permission."


@dataclass(frozen=True)
class Build:
    """What all functions of a stack are made with."""

    options: SynthOptions
    removal: RemovalPolicy
    bundler: Bundler
    target: Target


class RegionalFunction(Construct):
    """One of functions/, on arm64, with only the permissions that `allow` and `on_event` give it."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        name: str,
        build: Build,
        *,
        settings: Mapping[str, str],
        timeout: Duration,
        memory_mib: int,
        storage: Size | None = None,
        concurrency: int | None = None,
        extra_files: Mapping[str, bytes] | None = None,
        also: frozenset[str] = frozenset(),
    ) -> None:
        """`settings`: the fields of the function's settings class but `environment`; defaults may be left out.

        `concurrency` is reserved for the function, and is the most it gets; `extra_files` go into its bundle, and
        so do the packages in `also`, which no import shows.
        """
        super().__init__(scope, id)
        options, removal = build.options, build.removal
        also |= X_RAY if options.tracing else frozenset()
        bundle = build.bundler.build(name, build.target, extra_files, also=also)
        function_name = options.names.function(name)
        self.name = function_name
        self.code_digest = bundle.digest
        self.rules: list[tuple[events.Rule, events.IEventBus | None]] = []
        """What invokes it asynchronously, with the bus; None: the account's own."""
        self._queues: list[FailureQueue] = []
        self._undelivered: FailureQueue | None = None
        self.log_group = RetainedLogGroup(self, "Logs", f"/aws/lambda/{function_name}", options, removal)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {function_name} may do",
        )
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description=f"edgeship: {name} ({options.environment})",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{name}.handler.handler",
            code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
            environment=_environment(name, options, settings),
            timeout=timeout,
            memory_size=memory_mib,
            ephemeral_storage_size=storage,
            reserved_concurrent_executions=concurrency,
            role=self.role,
            log_group=self.log_group,
            tracing=lambda_.Tracing.ACTIVE if options.tracing else None,
        )
        if options.tracing:
            # The CDK allows it to send traces.
            acknowledgment = Acknowledgment(id="AwsSolutions-IAM5[Resource::*]", reason=X_RAY_REASON)
            Validations.of(self.role).acknowledge(acknowledgment)
        Validations.of(self.function).acknowledge(Acknowledgment(id="AwsSolutions-L1", reason=PYTHON_3_13_REASON))

    @property
    def queues(self) -> Sequence[sqs.Queue]:
        """Where this function's failures end."""
        return tuple(self._queues)

    def allow(
        self,
        actions: Sequence[str],
        *resources: str,
        reason: str | None = None,
        partitions: str | Sequence[str] | None = None,
    ) -> None:
        """Allow `actions` on `resources`; a resource with a `*` needs the reason why it cannot be narrower."""
        allow(self.role, actions, *resources, reason=reason, partitions=partitions)

    def on_event(
        self,
        id: str,
        pattern: events.EventPattern,
        bus: events.IEventBus | None = None,
        failed: WorkQueue | None = None,
    ) -> None:
        """Invoke the function for events that match `pattern` on `bus`, by default the account's own.

        What failed in each attempt goes to `failed`, if that is given, for a function to handle.
        """
        rule = events.Rule(self, id, event_bus=bus, event_pattern=pattern, description=f"Invokes {self.name}")
        self.rules.append((rule, bus))
        self._invoke_by(rule, delivery_age=DELIVERY_AGE, invocation_age=INVOCATION_AGE, retries=2, failed=failed)

    def on_schedule(self, id: str, schedule: events.Schedule, *, enabled: bool = True) -> None:
        """Invoke the function by the clock. What fails is not tried again: it is the next run's."""
        rule = events.Rule(self, id, schedule=schedule, description=f"Invokes {self.name}", enabled=enabled)
        self.rules.append((rule, None))
        self._invoke_by(rule, delivery_age=TICK_AGE, invocation_age=TICK_AGE, retries=0)

    def _invoke_by(
        self,
        rule: events.Rule,
        *,
        delivery_age: Duration,
        invocation_age: Duration,
        retries: int,
        failed: WorkQueue | None = None,
    ) -> None:
        """EventBridge invokes asynchronously: its dead-letter queue catches what never reached Lambda, the function's
        on-failure destination what reached it and kept failing. Both are needed, and each has its alarm; the rules of
        one function share them, and its retries.
        """
        if self._undelivered is None:
            self._undelivered = FailureQueue(self, "Undelivered")
            self._queues.append(self._undelivered)
            failures: sqs.Queue
            if failed is not None:
                failures = failed
            else:
                failures = FailureQueue(self, "Failures")
                self._queues.append(failures)
            self.function.configure_async_invoke(
                retry_attempts=retries,
                max_event_age=invocation_age,
                on_failure=destinations.SqsDestination(failures),
            )
        rule.add_target(
            targets.LambdaFunction(
                self.function,
                dead_letter_queue=self._undelivered,
                max_event_age=delivery_age,
                retry_attempts=DELIVERY_ATTEMPTS,
            )
        )

    def on_stream(
        self,
        id: str,
        stream_arn: str,
        pattern: Mapping[str, Any],
        failures: FailureQueue,
    ) -> None:
        """Invoke the function with batches of a table's stream; only records that match `pattern` count.

        A record that keeps failing is split off, tried again a bounded number of times and then reported to
        `failures` by its place in the stream, so that one bad record can't hold up its shard for the stream's 24 h.
        """
        self._queues.append(failures)
        self.allow(["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"], stream_arn)
        self.allow(["dynamodb:ListStreams"], "*", reason="ListStreams knows no resource-level permission.")
        lambda_.EventSourceMapping(
            self,
            id,
            target=self.function,
            event_source_arn=stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            max_batching_window=Duration.seconds(0),
            filters=[lambda_.FilterCriteria.filter(dict(pattern))],
            bisect_batch_on_error=True,
            report_batch_item_failures=True,
            retry_attempts=10,
            max_record_age=Duration.hours(24),
            on_failure=sources.SqsDlq(failures),
        )

    def on_queue(
        self,
        id: str,
        queue: WorkQueue,
        failures: Sequence[FailureQueue],
        *,
        batch_size: int = 10,
    ) -> None:
        """Invoke the function with batches of a queue, five at a time; `failures` are where its messages end.

        The function names the messages that it could not handle, and these come again alone.
        """
        self._queues += failures
        self.allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], queue.queue_arn)
        lambda_.EventSourceMapping(
            self,
            id,
            target=self.function,
            event_source_arn=queue.queue_arn,
            batch_size=batch_size,
            max_concurrency=QUEUE_CONCURRENCY,
            report_batch_item_failures=True,
        )


def _environment(name: str, options: SynthOptions, fields: Mapping[str, str]) -> dict[str, str]:
    """The variables that the function's settings class reads; the values are tokens, so names alone are checked."""
    settings = FUNCTION_SETTINGS[name]
    given = {"environment": options.environment, **fields}
    required = {field for field, about in settings.model_fields.items() if about.is_required()}
    if not required <= given.keys() <= settings.model_fields.keys():
        raise ValueError(f"{name}: settings {sorted(given)}, required {sorted(required)}")
    return {settings.variable(field): value for field, value in given.items()} | {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_LOG_LEVEL": "INFO",
        **({TRACING: "true"} if options.tracing else {}),
    }
