"""The physical names of an environment's resources: one definition for the template, the functions and the CLI.

Names are explicit, not generated, for two reasons. Lambda@Edge takes no environment variables, so the config bucket's
name is written into its zip before CloudFormation creates anything. And an uploader, who may only put objects, can
derive the bucket's name from the environment and the account.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from edgeship.domain import naming

REGION = "us-east-1"
"""The region of every stack: Lambda@Edge functions and CloudFront's alarms must be there."""

LOCAL = "local"
"""The environment of the local cloud."""

INCOMING_PREFIX = naming.INCOMING
ACCEPTED_PREFIX = naming.ACCEPTED
REJECTED_PREFIX = naming.REJECTED
MAPS_PREFIX = naming.MAPS
SURFACES_PREFIX = naming.SURFACES
SIGNATURE_METADATA = "edgeship-signature"
"""The metadata of an upload that carries its signature: `x-amz-meta-edgeship-signature`. It is one object with the
archive, so no order of events can part the two."""
REJECTED_DAYS = 90
"""How long a refused archive, and the record of its refusal, are kept."""
SNAPSHOT_KEY = "edge/snapshot.json"
FLAGS_KEY = "edge/flags.json.gz"
"""In the config bucket, and in the bucket of each Region that has a copy."""
HEALTH_PREFIX = naming.HEALTH
COPIES_PREFIX = naming.COPIES
HEALTH_LIST_KEY = "health/published.json"
"""In the config bucket: the versions whose health page says that they are watched."""
RETIRED_TAG = ("edgeship", "retired")
"""Key and value of the tag of latest copies that the site bucket's lifecycle rule deletes."""
WATCHED_INDEX = "watched"
"""The table's sparse index of the channels that the minute tick checks."""
NOTICE_PREFIX = "NOTICE#"
"""The table's partitions of notices begin with this."""
WITNESS_PREFIX = "WITNESSES#"
"""In the table of page views: the partitions of witnesses begin with this."""
STACK_PREFIX = "edgeship-"
"""Of the name of each environment's stack."""
OUTBOX_SORT_KEY = "EVENT#"
"""Sort keys of the table's events begin with this; the other items are state, and start no function."""

FUNCTIONS = (
    "artifact_upload",
    "promotion",
    "rollout",
    "rollback",
    "propagation",
    "notification",
    "relay",
    "telemetry",
    "edge",
)

# S3 bucket names have at most 63 characters; "edgeship-" + environment + "-edge-ap-southeast-1-" + a 12-digit account
# must fit.
_ENVIRONMENT = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")
_ACCOUNT = re.compile(r"\d{12}")


def health_alarm_prefix(environment: str) -> str:
    """The prefix of the names of alarms on releases; unique to the environment, see `ResourceNames`."""
    return f"edgeship-{environment}-health-"


def policy_output(form: str, widget: str | None = None) -> str:
    """The stack's output with the ARN of a policy for people. Names of outputs are alphanumeric, and no widget's name
    has a capital letter."""
    of = f"Of{widget.replace('-', 'X')}" if widget else ""
    return f"{form.capitalize()}PolicyArn{of}"


@dataclass(frozen=True)
class ResourceNames:
    """The names of one environment in one account.

    Raises:
        ValueError: the environment or the account is not valid; the message says what is.
    """

    environment: str
    account: str

    def __post_init__(self) -> None:
        if not _ENVIRONMENT.fullmatch(self.environment):
            raise ValueError(
                f"environment {self.environment!r}: use 1 to 20 lowercase letters, digits and hyphens, "
                "beginning and ending with a letter or digit"
            )
        if "-health-" in f"{self.environment}-":
            # Its alarms would have the prefix of the environment whose name ends before "-health".
            raise ValueError(f"environment {self.environment!r}: leave out '-health', which marks the names of alarms")
        if "-edge-" in self.environment:
            # Its stack would have the name of another environment's stack in a further Region.
            raise ValueError(
                f"environment {self.environment!r}: leave out '-edge-', which marks stacks of further Regions"
            )
        if not _ACCOUNT.fullmatch(self.account):
            raise ValueError(f"account {self.account!r}: an AWS account is 12 digits")

    @property
    def stack(self) -> str:
        return f"{STACK_PREFIX}{self.environment}"

    @property
    def table(self) -> str:
        return f"edgeship-{self.environment}"

    @property
    def views_table(self) -> str:
        """The table of the page views that beacons are verified against."""
        return f"edgeship-{self.environment}-views"

    @property
    def token_secret(self) -> str:
        """The secret of the master key of tokens. It is not below `edgeship/<environment>/`, where notifications have
        theirs."""
        return f"edgeship-{self.environment}-tokens"

    @property
    def bus(self) -> str:
        return f"edgeship-{self.environment}"

    @property
    def notification_topic(self) -> str:
        return f"edgeship-{self.environment}-notifications"

    @property
    def inbox_bucket(self) -> str:
        return self._bucket("inbox")

    @property
    def site_bucket(self) -> str:
        return self._bucket("site")

    @property
    def config_bucket(self) -> str:
        return self._bucket("config")

    @property
    def logs_bucket(self) -> str:
        return self._bucket("logs")

    def edge_stack(self, region: str) -> str:
        """The stack of a further Region that has a copy of the flags' snapshot."""
        return f"edgeship-{self.environment}-edge-{region}"

    def edge_bucket(self, region: str) -> str:
        """The bucket of that copy."""
        return self._bucket(f"edge-{region}")

    @property
    def route_store(self) -> str:
        """The KeyValueStore of the edge's routes; its ARN has an id that only AWS knows."""
        return f"edgeship-{self.environment}-routes"

    @property
    def previews_bucket(self) -> str:
        return self._bucket("previews")

    @property
    def preview_store(self) -> str:
        """The KeyValueStore of the previews: another one, so that they can't fill that of the routes."""
        return f"edgeship-{self.environment}-previews"

    @property
    def preview_url(self) -> str:
        """The parameter that holds the URL of the previews' distribution, for who may not read the stack."""
        return f"/edgeship/{self.environment}/preview-url"

    def widget_policy(self, widget: str, form: str) -> str:
        """The name of one widget's policy for people. Neither an environment's name nor a widget's has a dot."""
        return f"edgeship-{self.environment}.{widget}.{form}"

    @property
    def upload_limits(self) -> str:
        """The parameter that holds the limits of uploads, for who may read nothing else."""
        return f"/edgeship/{self.environment}/upload-limits"

    @property
    def health_alarm_prefix(self) -> str:
        return health_alarm_prefix(self.environment)

    def function(self, name: str) -> str:
        """The Lambda function's name; `name` is its folder under functions/."""
        if name not in FUNCTIONS:
            raise ValueError(f"function {name!r} is not one of {', '.join(FUNCTIONS)}")
        return f"edgeship-{self.environment}-{name.replace('_', '-')}"

    def log_group(self, function: str) -> str:
        """Where a function of the home Region logs."""
        return f"/aws/lambda/{self.function(function)}"

    @property
    def log_groups(self) -> dict[str, str]:
        """That of each function but the edge's, which logs in the Region of each viewer."""
        return {name: self.log_group(name) for name in FUNCTIONS if name != "edge"}

    def _bucket(self, role: str) -> str:
        return f"edgeship-{self.environment}-{role}-{self.account}"
