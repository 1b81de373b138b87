"""One environment, composed."""

from __future__ import annotations

from importlib.metadata import version

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from constructs import Construct

from edgeship.resource_names import LOCAL, REGION
from infra.bundling import Bundler, Target
from infra.constructs.access.policies import Access
from infra.constructs.access.statements import Resources
from infra.constructs.bus import Bus
from infra.constructs.cdn.distribution import Cdn
from infra.constructs.cdn.edge import EdgeFunction
from infra.constructs.cdn.preview import PreviewCdn
from infra.constructs.cdn.router import Router
from infra.constructs.functions import Build
from infra.constructs.monitoring.alarms import Alarms
from infra.constructs.monitoring.dashboard import Dashboard
from infra.constructs.notifications import Notifications
from infra.constructs.page_views import PageViews
from infra.constructs.pipeline import Pipeline
from infra.constructs.propagation import Propagation
from infra.constructs.rollouts import Rollouts
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable
from infra.constructs.telemetry import Telemetry
from infra.options import SynthOptions


def removal_policy(options: SynthOptions) -> RemovalPolicy:
    """Of what holds data. Names are fixed, so a first deploy that fails half-way must not leave its resources behind:
    they would be in the way of the second. From then on they are kept, and a new stack adopts them, which
    CloudFormation does with these policies alone
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html)."""
    return RemovalPolicy.DESTROY if options.throwaway else RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE


class EdgeshipStack(Stack):
    """Everything of one environment, in us-east-1. Outside throw-away environments, what holds data outlives it."""

    def __init__(self, scope: Construct, options: SynthOptions, bundler: Bundler) -> None:
        names = options.names
        super().__init__(
            scope,
            names.stack,
            stack_name=names.stack,
            description=f"edgeship {options.environment}: ships browser widgets to a CDN and rolls bad releases back",
            env={"account": options.account, "region": REGION},
            # The CDK's command line sets it before CloudFormation creates anything.
            termination_protection=options.protected,
        )
        removal = removal_policy(options)
        local = options.environment == LOCAL
        regional = Target.host() if local else Target.lambda_function("aarch64")
        at_edge = Target.host() if local else Target.lambda_function("x86_64")

        storage = Storage(self, "Storage", options, removal)
        table = StateTable(self, "State", options, removal)
        bus = Bus(self, "Events", options)
        build = Build(options, removal, bundler, regional)
        router = Router(self, "Router", options=options, bundler=bundler)
        views = PageViews(self, "PageViews", options)
        previews = None
        if storage.previews is not None:
            previews = PreviewCdn(
                self,
                "PreviewCdn",
                options=options,
                removal=removal,
                bundler=bundler,
                bucket=storage.previews,
                logs=storage.logs,
            )
        pipeline = Pipeline(
            self,
            "Pipeline",
            build,
            storage=storage,
            table=table,
            bus=bus,
            router=router,
            views=views,
            previews=previews,
        )
        rollouts = Rollouts(self, "Rollouts", build, storage=storage, table=table, bus=bus, views=views)
        telemetry = Telemetry(self, "Telemetry", build, storage=storage, table=table, views=views)
        edge = EdgeFunction(self, "Edge", options=options, removal=removal, bundler=bundler, target=at_edge)
        cdn = Cdn(self, "Cdn", options=options, storage=storage, edge=edge, router=router, telemetry=telemetry)
        # Routes are there before requests need them, also in an environment from before the router.
        if pipeline.filled is not None:
            cdn.distribution.node.add_dependency(pipeline.filled)
        propagation = Propagation(self, "Propagation", build, storage=storage, table=table, bus=bus, cdn=cdn)
        notifications = Notifications(self, "Notifications", build, table=table, bus=bus)
        functions = (
            *pipeline.functions,
            *rollouts.functions,
            telemetry.function,
            propagation.function,
            notifications.function,
        )
        queues = [queue for function in functions for queue in function.queues]
        work = (pipeline.failed_uploads, propagation.queue, notifications.queue)
        resources = Resources(storage, table, router, queues, work)
        access = Access(self, "Access", options=options, resources=resources)
        alarms = Alarms(
            self,
            "Alarms",
            options=options,
            pipeline=pipeline,
            rollouts=rollouts,
            propagation=propagation,
            notifications=notifications,
            telemetry=telemetry,
            router=router,
            cdn=cdn,
        )
        if options.dashboard:
            Dashboard(
                self,
                "Dashboard",
                options=options,
                alarms=alarms.names,
                functions=functions,
                relay=pipeline.relay,
                notification=notifications.function,
                telemetry=telemetry.function,
                router=router,
                cdn=cdn,
            )

        outputs = {
            "DistributionDomainName": cdn.distribution.distribution_domain_name,
            "DistributionId": cdn.distribution.distribution_id,
            "InboxBucketName": storage.inbox.bucket_name,
            "SiteBucketName": storage.site.bucket_name,
            "ConfigBucketName": storage.config.bucket_name,
            "LogsBucketName": storage.logs.bucket_name,
            "TableName": table.table.table_name,
            "BusName": bus.bus.event_bus_name,
            **access.outputs(),
            "AlarmTopicArn": alarms.topic.topic_arn,
            "NotificationTopicArn": notifications.topic.topic_arn,
            "Version": version("edgeship"),
        }
        if previews is not None:
            outputs["PreviewDistributionDomainName"] = previews.distribution.distribution_domain_name
            outputs["PreviewDistributionId"] = previews.distribution.distribution_id
            outputs["PreviewsBucketName"] = previews.bucket.bucket_name
        if options.cloudflare_url:
            outputs["CloudflareUrl"] = options.cloudflare_url
        if options.root_widget:
            outputs["RootWidget"] = options.root_widget
        for key, value in outputs.items():
            CfnOutput(self, key, value=value)
