"""What page views are verified with: the master key of their tokens, and the table that counts each once."""

from __future__ import annotations

from aws_cdk import Acknowledgment, RemovalPolicy, Validations
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.options import SynthOptions


class PageViews(Construct):
    """The table is not that of the state. It has no stream and no backups: a flood of beacons holds no event up, and
    what is kept of an address for a day is in no copy that lives longer."""

    def __init__(self, scope: Construct, id: str, options: SynthOptions) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=options.names.views_table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            time_to_live_attribute="expires_at",
            # Nothing in it is worth more than a day.
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.secret = secretsmanager.Secret(
            self,
            "TokenKey",
            secret_name=options.names.token_secret,
            description=f"edgeship {options.environment}: the keys of each day's tokens are derived from it",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            # A new one is as good: tokens live for a day.
            removal_policy=RemovalPolicy.DESTROY,
        )
        no_backup = "What it holds expires within a day, and no copy may outlive it."
        Validations.of(self.table).acknowledge(Acknowledgment(id="AwsSolutions-DDB3", reason=no_backup))
        daily = "The keys at the edge are derived from it for a day each; a new value may be put at any time."
        Validations.of(self.secret).acknowledge(Acknowledgment(id="AwsSolutions-SMG4", reason=daily))
