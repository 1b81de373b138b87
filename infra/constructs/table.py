"""The table that is the truth, and its stream."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Tags
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from edgeship.resource_names import WATCHED_INDEX
from infra.options import SynthOptions

RESTORED_TAG = "edgeship:restored"


class StateTable(Construct):
    """One table, on demand; the stream carries new images alone, since an outbox event is written once."""

    def __init__(self, scope: Construct, id: str, options: SynthOptions, removal: RemovalPolicy) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=options.names.table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="expires_at",
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=options.protected,
            removal_policy=removal,
        )
        if options.table_restored is not None:
            # A restored table has another stream. CloudFormation reads attributes again when a property changes.
            Tags.of(self.table).add(RESTORED_TAG, options.table_restored)
        # Sparse: only items that have the attribute are in it
        # (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-general-sparse-indexes.html).
        self.table.add_global_secondary_index(
            index_name=WATCHED_INDEX,
            partition_key=dynamodb.Attribute(name="watched", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.ALL,
        )
        self.watched_index_arn = f"{self.table.table_arn}/index/{WATCHED_INDEX}"
        assert self.table.table_stream_arn
        self.stream_arn = self.table.table_stream_arn
