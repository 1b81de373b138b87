"""What a principal signs requests with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from localcloud.account import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN


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
