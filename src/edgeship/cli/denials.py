"""What credentials lack, and which policy has it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

CODES = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "Forbidden", "UnauthorizedOperation", "403"}
)
"""Services name it differently; S3 gives a HEAD no code but the status."""

# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_SAID = re.compile(
    r"User: (?P<who>\S+) is not authorized to perform: (?P<action>[\w-]+:\w+)(?: on resource: \"?(?P<on>[^\s\"]+))?"
)
_ACTIONS = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "ListObjectsV2": "s3:ListBucket",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "DeleteObjects": "s3:DeleteObject",
}
"""Of S3's operations: its answers may name none."""

_UPLOADING = "the uploader or the operator policy"
_PRUNING = "the pruner policy beside the operator's"
_OPERATING = "the operator policy"
_VIEWING = "the viewer or the operator policy"
_POLICIES = {
    "s3:PutObject": _UPLOADING,
    "s3:ListMultipartUploadParts": _UPLOADING,
    "s3:DeleteObject": _PRUNING,
    "dynamodb:PutItem": _OPERATING,
    "dynamodb:ConditionCheckItem": _OPERATING,
    "cloudwatch:PutMetricAlarm": _OPERATING,
    "cloudfront:DescribeKeyValueStore": _OPERATING,
    "cloudfront-keyvaluestore:GetKey": _OPERATING,
}
_OF_THE_STACK = ("cloudformation:", "dynamodb:", "logs:", "s3:", "sqs:", "ssm:")


def denied(error: ClientError) -> tuple[str, str]:
    """The reason and the remedy of an answer whose code is one of CODES."""
    said = _SAID.search(error.response["Error"].get("Message", ""))
    action = said["action"] if said else _ACTIONS.get(error.operation_name)
    if action is None:
        return f"{error}", "Use credentials that carry the environment's operator policy."
    who = f" of {said['who']}" if said else ""
    on = f" on {said['on']}" if said and said["on"] else ""
    return f"The credentials{who} lack the permission {action}{on}.", _remedy(action)


def _remedy(action: str) -> str:
    policy = _POLICIES.get(action, _VIEWING if action.startswith(_OF_THE_STACK) else None)
    if policy is None:
        return f"No policy of the environment has {action}: ask who owns the account, or the key."
    return f"Use credentials that carry {policy} of the environment. A policy of one widget allows nothing on others."
