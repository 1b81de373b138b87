"""The Lambda@Edge function that answers flags, at viewer-request."""

from __future__ import annotations

import json

from aws_cdk import Acknowledgment, Aws, Duration, Fn, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from edgeship.domain.edge.freshness import FETCH_TIMEOUT_SECONDS
from edgeship.domain.edge.nearest_region import nearest_copies
from edgeship.resource_names import FLAGS_KEY, LOCAL, REGION
from infra.bundling import Bundler, Target
from infra.constructs.functions import PYTHON_3_13_REASON
from infra.constructs.log_group import RetainedLogGroup
from infra.constructs.permissions import allow, objects
from infra.options import SynthOptions


class EdgeFunction(Construct):
    """Within the limits of a viewer function: 128 MB, 5 s, x86-64, a numbered version, no environment
    (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html).

    What it must know is written into its zip, so a new configuration is a new version like new code is.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        options: SynthOptions,
        removal: RemovalPolicy,
        bundler: Bundler,
        target: Target,
    ) -> None:
        super().__init__(scope, id)
        local = options.environment == LOCAL
        # The name is new in each new stack. Replicas keep a function from being deleted for hours, so one that is left
        # of a stack must not be in the way of the next.
        prefix = options.names.function("edge")
        name = f"{prefix}-{stack_mark()}"
        configuration = {
            "environment": options.environment,
            "bucket": options.names.config_bucket,
            "region": REGION,
            "freshness_seconds": options.edge_freshness_seconds,
            "timeout_seconds": FETCH_TIMEOUT_SECONDS,
            "flags_key": FLAGS_KEY,
            "flag_copies": options.flag_copies,
            "nearest": nearest_copies(REGION, options.flag_copies),
        }
        bundle = bundler.build(
            "edge", target, {"functions/edge/config.json": json.dumps(configuration, sort_keys=True).encode()}
        )
        # CloudFront's replicas log to this group in whatever Region they run. The role may make it there, without
        # retention; in this Region, where it would be made just so, it is made here.
        edge_log_group = f"/aws/lambda/{REGION}.{name}"
        self.log_group = RetainedLogGroup(self, "Logs", edge_log_group, options, removal)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.CompositePrincipal(
                iam.ServicePrincipal("lambda.amazonaws.com"), iam.ServicePrincipal("edgelambda.amazonaws.com")
            ),
            description=f"What {prefix} may do, wherever it runs",
        )
        allow(
            role,
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:*:{options.account}:log-group:/aws/lambda/{REGION}.{prefix}-*",
            reason="CloudFront runs the function, and logs, in the Region nearest to the viewer, under a name that is "
            "new in each stack; no other environment's names begin so.",
        )
        buckets = (options.names.config_bucket, *options.flag_copies.values())
        allow(role, ["s3:GetObject"], *(objects(bucket, FLAGS_KEY) for bucket in buckets))

        self.function = lambda_.Function(
            self,
            "Function",
            function_name=name,
            description=f"edgeship: edge ({options.environment})",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.X86_64,
            handler="functions.edge.handler.handler",
            code=lambda_.Code.from_asset(str(bundle.path), asset_hash=bundle.digest),
            timeout=Duration.seconds(5),
            memory_size=128,
            role=role,
            # Without it each request writes START, END and REPORT, which costs more than to run the function. What the
            # function writes is of the level INFO, and stays. Both are supported at the edge
            # (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html).
            logging_format=lambda_.LoggingFormat.JSON,
            system_log_level_v2=lambda_.SystemLogLevel.WARN,
            # Deleting a version, or a function, fails until CloudFront has let go of its replicas, hours after the
            # last association
            # (https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-edge-delete-replicas.html).
            current_version_options=lambda_.VersionOptions(removal_policy=RemovalPolicy.RETAIN),
        )
        self.function.apply_removal_policy(RemovalPolicy.DESTROY if local else RemovalPolicy.RETAIN)
        Validations.of(self.function).acknowledge(Acknowledgment(id="AwsSolutions-L1", reason=PYTHON_3_13_REASON))

    @property
    def version(self) -> lambda_.IVersion:
        return self.function.current_version


def stack_mark() -> str:
    """Eight digits that no two stacks share, also of one name: `arn:…:stack/<name>/<these>-…`."""
    return Fn.select(0, Fn.split("-", Fn.select(2, Fn.split("/", Aws.STACK_ID))))
