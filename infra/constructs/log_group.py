"""Log groups with the environment's retention."""

from __future__ import annotations

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.options import SynthOptions


class RetainedLogGroup(logs.LogGroup):
    """A log group under a fixed name; the L2 property knows retentions by word, the options know them in days."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        name: str,
        options: SynthOptions,
        removal: RemovalPolicy,
    ) -> None:
        super().__init__(scope, id, log_group_name=name, removal_policy=removal)
        group = self.node.default_child
        assert isinstance(group, logs.CfnLogGroup)
        group.retention_in_days = options.log_retention_days
