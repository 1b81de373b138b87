"""A further Region: the bucket with its copy of the flags' snapshot."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import Construct

from infra.constructs.storage import private_bucket
from infra.options import SynthOptions
from infra.stack import removal_policy


class FlagCopyStack(Stack):
    """A stack of its own, because CloudFormation makes a bucket in the stack's own Region alone.

    It shares nothing with the environment's stack but the bucket's name, so the two can be deployed in any order: the
    relay writes the copy as soon as there is a bucket, and the edge reads home until then. It is not protected from
    deletion: it holds a copy, and a first deploy that fails must be repeatable in an environment that exists.
    """

    def __init__(self, scope: Construct, options: SynthOptions, region: str) -> None:
        names = options.names
        super().__init__(
            scope,
            names.edge_stack(region),
            stack_name=names.edge_stack(region),
            description=f"edgeship {options.environment}: the flags' snapshot in {region}",
            env={"account": options.account, "region": region},
        )
        bucket = private_bucket(self, "Copy", names.edge_bucket(region), removal_policy(options))
        Validations.of(bucket).acknowledge(
            Acknowledgment(
                id="AwsSolutions-S1",
                reason="Access logs need a bucket in the same Region; this one holds a copy of what is logged at home.",
            )
        )
