"""Who one can be on a local cloud that enforces policies, beside the root of the account."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from localcloud.iam.credentials import Credentials
from localcloud.sandbox import SandboxSession

_A_YEAR = 365 * 24 * 3600


def of_role(session: SandboxSession, role_arn: str, name: str) -> Credentials:
    """Of a session of a role, for as long as the cloud runs.

    Raises:
        botocore.exceptions.ClientError: there is no such role, or it trusts no service.
    """
    # The emulator takes any duration; AWS gives an hour or up to twelve, and runs functions with fresh ones.
    answer = session.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name, DurationSeconds=_A_YEAR)
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def of_user(session: SandboxSession, name: str, policy_arns: Sequence[str]) -> Credentials:
    """Of a user with managed policies, which is made; one of an earlier start gets another key.

    Raises:
        botocore.exceptions.ClientError: there is no such policy.
    """
    iam = session.client("iam")
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_user(UserName=name)
    for earlier in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
        iam.delete_access_key(UserName=name, AccessKeyId=earlier["AccessKeyId"])
    for arn in policy_arns:
        iam.attach_user_policy(UserName=name, PolicyArn=arn)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def with_policies(
    session: SandboxSession, policies: Mapping[str, str], outputs: Mapping[str, str]
) -> dict[str, Credentials]:
    """Of a user for each of `policies`, by its name; their values are the outputs that have the policies' ARNs, and
    those that are not there are passed over."""
    return {name: of_user(session, name, [outputs[key]]) for name, key in policies.items() if key in outputs}
