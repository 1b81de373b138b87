"""The stacks of an environment, as a diagnosis reads them."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from edgeship.adapters.aws_answers import unread
from edgeship.application.deploying.ports import Stacks
from edgeship.domain.doctor.stack import SeenStack

VERSION_OUTPUT: Final = "Version"
_NOT_ENABLED: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "OptInRequired"})
"""What a Region that is not enabled answers to credentials that others take
(https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html)."""


class SeenStacks:
    def __init__(self, stacks: Stacks) -> None:
        self._stacks = stacks

    def read(self, region: str, name: str) -> SeenStack:
        with unread("cloudformation:DescribeStacks"):
            try:
                found = self._stacks.read(region, name)
            except ClientError as error:
                if error.response["Error"]["Code"] in _NOT_ENABLED:
                    return SeenStack(name, region, None, enabled=False)
                raise
        if found is None:
            return SeenStack(name, region, None)
        return SeenStack(name, region, found.status, found.outputs.get(VERSION_OUTPUT))
