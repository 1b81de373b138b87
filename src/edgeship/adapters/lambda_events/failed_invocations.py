"""What Lambda sends to a function's on-failure destination, here a queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from edgeship.adapters.lambda_events.s3_events import ObjectCreated


class _Context(BaseModel):
    condition: str
    approximateInvokeCount: int = 0  # noqa: N815  AWS's name


class _Response(BaseModel):
    errorType: str | None = None  # noqa: N815
    errorMessage: str | None = None  # noqa: N815


class FailedUpload(BaseModel):
    """An upload that the function could not handle in any attempt."""

    requestContext: _Context  # noqa: N815
    requestPayload: ObjectCreated  # noqa: N815
    responsePayload: _Response | None = Field(None)  # noqa: N815

    @property
    def failure(self) -> str:
        """What Lambda knows of the last attempt: `Runtime.ExitError: … signal: killed`, `EventAgeExceeded`."""
        response = self.responsePayload or _Response()
        known = [part for part in (response.errorType, response.errorMessage) if part]
        return ": ".join(known) or self.requestContext.condition
