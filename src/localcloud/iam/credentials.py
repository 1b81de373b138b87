"""Who one can be on a local cloud that enforces policies, beside the root of the account."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from localcloud.account import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN

if TYPE_CHECKING:
    from localcloud.sandbox import SandboxSession


@dataclass(frozen=True)
class Credentials:
    """Of one principal; a user's have no session token."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None = None

    @classmethod
    def of_variables(cls, variables: Mapping[str, str]) -> Self:
        """
        Raises:
            KeyError: a variable is missing.
        """
        key, secret = variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]
        return cls(key, secret, variables.get("AWS_SESSION_TOKEN"))

    def variables(self) -> dict[str, str]:
        """As the SDKs read them."""
        token = {"AWS_SESSION_TOKEN": self.session_token} if self.session_token is not None else {}
        return {
            "AWS_ACCESS_KEY_ID": self.access_key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret_access_key,
            **token,
        }


ROOT = Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN)
"""The account's root, whom no policy binds."""


def of_role(session: SandboxSession, role_arn: str, name: str) -> Credentials:
    """Of a session of a role, for as long as the cloud runs.

    Raises:
        botocore.exceptions.ClientError: there is no such role, or it trusts no service.
    """
    # The emulator takes any duration; AWS gives an hour or up to twelve, and runs functions with fresh ones.
    answer = session.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name, DurationSeconds=_A_YEAR)
    given = answer["Credentials"]
    return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


_A_YEAR = 365 * 24 * 3600


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
