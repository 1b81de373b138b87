"""Statements of a role or a managed policy, each wildcard with the reason that it cannot be narrower.

DynamoDB's transactions have no action of their own: each item of one is authorised as the single call would be
(https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
"""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Acknowledgment, Validations
from aws_cdk import aws_iam as iam

from edgeship.domain.notifications.secret_reference import REFERENCE
from edgeship.resource_names import REGION
from infra.options import SynthOptions

ALARMS_OF_ANY_RELEASE = "A release's alarms are made when it gets traffic, and carry its widget and version."

RELEASE_FILES = "*/v*/*"
"""In the site bucket."""
PREVIEW_FILES = "*/p/*"
"""In the bucket of previews."""
MOVING_MANIFESTS = "*/manifests/*.json"
"""In the site bucket."""


def objects(bucket_name: str, pattern: str) -> str:
    """The ARN of the objects of a bucket whose keys match `pattern`."""
    return f"arn:aws:s3:::{bucket_name}/{pattern}"


def alarms(options: SynthOptions, pattern: str) -> str:
    """The ARN of the CloudWatch alarms whose names match `pattern`."""
    return f"arn:aws:cloudwatch:{REGION}:{options.account}:alarm:{pattern}"


def health_alarms(options: SynthOptions) -> str:
    """The ARN of the alarms of releases, which the functions make; those of the machinery are none of them."""
    return alarms(options, f"{options.names.health_alarm_prefix}*")


def parameter(options: SynthOptions, name: str) -> str:
    """The ARN of a parameter; its name begins with a slash."""
    return f"arn:aws:ssm:{REGION}:{options.account}:parameter{name}"


def secret(options: SynthOptions, reference: str) -> tuple[str, str]:
    """The action that reads a secret, and the secret's ARN.

    Raises:
        ValueError: the reference is not valid.
    """
    match = REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError("the reference of a secret is not valid")
    path = f"edgeship/{match['environment']}/{match['name']}"
    if match["store"] == "ssm:/":
        return "ssm:GetParameter", parameter(options, f"/{path}")
    # It ends in six characters of Secrets Manager's choice
    # (https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html).
    return "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{REGION}:{options.account}:secret:{path}-*"


def allow(
    identity: iam.Role | iam.ManagedPolicy,
    actions: Sequence[str],
    *resources: str,
    reason: str | None = None,
    partitions: str | Sequence[str] | None = None,
) -> None:
    """Allow `actions` on `resources`; `reason` answers for the wildcards among them, and `partitions` narrows a table
    to the partition keys that match it
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html).

    Raises:
        ValueError: a resource has a wildcard and there is no reason, or the other way round.
    """
    wildcards = [resource for resource in resources if "*" in resource]
    if bool(wildcards) != bool(reason):
        raise ValueError(f"{', '.join(resources)}: a wildcard needs a reason, and only a wildcard does")
    keys = [partitions] if isinstance(partitions, str) else list(partitions or ())
    conditions = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}} if keys else None
    statement = iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    if isinstance(identity, iam.Role):
        identity.add_to_policy(statement)
    else:
        identity.add_statements(statement)
    for resource in wildcards:
        acknowledgment = Acknowledgment(id=f"AwsSolutions-IAM5[Resource::{resource}]", reason=reason or "")
        Validations.of(identity).acknowledge(acknowledgment)
