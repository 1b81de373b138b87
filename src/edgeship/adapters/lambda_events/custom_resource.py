"""What CloudFormation asks a function for a custom resource, and the answer that it waits for.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import time
import urllib.request
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_pascal

ATTEMPTS = 3
SECONDS = 5.0
"""Of one attempt to answer."""
REASON_CHARACTERS = 1_000
"""The whole answer may have 4,096 bytes."""


class RequestType(StrEnum):
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


class CustomResourceRequest(BaseModel):
    """`response_url` is signed: whoever knows it can answer, so it is not logged."""

    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_pascal)

    request_type: RequestType
    response_url: str = Field(alias="ResponseURL", pattern="^https?://", repr=False)
    stack_id: str
    request_id: str
    logical_resource_id: str
    physical_resource_id: str | None = None

    def answer(self, failure: str | None = None) -> None:
        """Say that it is done, or why it is not. CloudFormation waits for this alone, whatever the function returns.

        Raises:
            OSError: no attempt reached it.
        """
        body: dict[str, Any] = {
            "Status": "SUCCESS" if failure is None else "FAILED",
            "Reason": (failure or "done")[:REASON_CHARACTERS],
            "PhysicalResourceId": self.physical_resource_id or self.logical_resource_id,
            "StackId": self.stack_id,
            "RequestId": self.request_id,
            "LogicalResourceId": self.logical_resource_id,
        }
        # The signature covers an empty type.
        request = urllib.request.Request(  # noqa: S310  the pattern allows no other scheme
            self.response_url, json.dumps(body).encode(), {"Content-Type": ""}, method="PUT"
        )
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310  likewise
                    return
            except OSError:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(attempt)
