"""A session in moto that refuses what an identity may not do, as AWS does."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore.exceptions import ClientError

from edgeship.resource_names import REGION
from tests.support.permissions.identity import Identity
from tests.support.permissions.needs import needs_of

WHO = "arn:aws:iam::123456789012:user/ann"


class PermittedSession(boto3.Session):
    """Keeps its clients; `identity` may be changed between commands, and None may do everything."""

    def __init__(self) -> None:
        super().__init__(region_name=REGION)
        self.identity: Identity | None = None
        self._clients: dict[str, Any] = {}
        self._session.get_component("event_emitter").register("provide-client-params.*.*", self._check)

    def client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:  # type: ignore[override]
        if service_name not in self._clients:
            self._clients[service_name] = super().client(service_name, *args, **kwargs)  # type: ignore[call-overload]
        return self._clients[service_name]

    def _check(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if self.identity is None:
            return
        service = model.service_model.service_name
        for need in needs_of(service, model.name, params):
            if not self.identity.may(need):
                raise _denial(service, model.name, need.action, need.arn)


@cache
def permitted_session() -> PermittedSession:
    """One for all tests of a process, as `kept_session`."""
    return PermittedSession()


def _denial(service: str, operation: str, action: str, arn: str) -> ClientError:
    """S3 says nothing in the answer to a HEAD."""
    says = (
        f"User: {WHO} is not authorized to perform: {action} on resource: {arn} "
        f"because no identity-based policy allows the {action} action"
    )
    code, message = {"s3": ("AccessDenied", says)}.get(service, ("AccessDeniedException", says))
    if operation == "HeadObject":
        code, message = "403", "Forbidden"
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": 403}},  # type: ignore[typeddict-item]
        operation,
    )
