"""The function behind `/telemetry` and `/edgeship/telemetry.js`, reached through the CDN alone."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from edgeship.resource_names import SNAPSHOT_KEY
from infra.browser_client import telemetry_client
from infra.constructs.functions import Build, RegionalFunction
from infra.constructs.page_views import PageViews
from infra.constructs.permissions import objects
from infra.constructs.storage import Storage
from infra.constructs.table import StateTable

CLIENT = "functions/telemetry/telemetry.min.js"
ERROR_BOOKS = "ERRORS#"
"""What the partition keys of the records of errors begin with: the function takes requests from anybody, so it reaches
no other record."""


class Telemetry(Construct):
    """Its URL takes only requests that the distribution has signed.

    With `telemetry_concurrency`, a flood of beacons can't take the concurrency of the other functions in the account.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        build: Build,
        *,
        storage: Storage,
        table: StateTable,
        views: PageViews,
    ) -> None:
        super().__init__(scope, id)
        options = build.options
        self.function = RegionalFunction(
            self,
            "Telemetry",
            "telemetry",
            build,
            settings={
                "table": table.table.table_name,
                "config_bucket": storage.config.bucket_name,
                "views_table": views.table.table_name,
                "token_secret": options.names.token_secret,
                "pointer_max_age": str(options.pointer_max_age),
            },
            # Twice what one call to AWS may take, see its clients.
            timeout=Duration.seconds(6),
            memory_mib=512,
            concurrency=options.telemetry_concurrency or None,
            extra_files={CLIENT: telemetry_client(build.bundler.root)},
        )
        self.function.allow(["s3:GetObject"], objects(options.names.config_bucket, SNAPSHOT_KEY))
        self.function.allow(["s3:ListBucket"], storage.config.bucket_arn)
        self.function.allow(
            ["dynamodb:GetItem", "dynamodb:PutItem"], table.table.table_arn, partitions=f"{ERROR_BOOKS}*"
        )
        self.function.allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], views.table.table_arn)
        self.function.allow(["secretsmanager:GetSecretValue"], views.secret.secret_arn)
        self.url = self.function.function.add_function_url(
            auth_type=lambda_.FunctionUrlAuthType.AWS_IAM, invoke_mode=lambda_.InvokeMode.BUFFERED
        )
