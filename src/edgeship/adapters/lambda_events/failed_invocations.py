"""What Lambda sends to a function's on-failure destination, here a queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from edgeship.adapters.lambda_events.s3_events import ObjectCreated


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class _Context(_Model):
    condition: str
    approximate_invoke_count: int = 0


class _Response(_Model):
    error_type: str | None = None
    error_message: str | None = None


class FailedUpload(_Model):
    """An upload that the function could not handle in any attempt."""

    request_context: _Context
    request_payload: ObjectCreated
    response_payload: _Response | None = None

    @property
    def failure(self) -> str:
        """What Lambda knows of the last attempt: `Runtime.ExitError: … signal: killed`, `EventAgeExceeded`."""
        response = self.response_payload or _Response()
        known = [part for part in (response.error_type, response.error_message) if part]
        return ": ".join(known) or self.request_context.condition
