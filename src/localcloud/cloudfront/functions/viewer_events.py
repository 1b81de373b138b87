"""Runs a behavior's CloudFront Functions at its two events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from localcloud.cloudfront.functions.event import Context, Event, request_event, response_event
from localcloud.cloudfront.functions.failure import FunctionFailed
from localcloud.cloudfront.functions.origin_group import OriginGroup, origin_group
from localcloud.cloudfront.functions.result import changed_answer, request_or_answer
from localcloud.http.exchange import Answer, Request


class Function(Protocol):
    async def invoke(self, event: Event, raw_query: str) -> Any:
        """The function's result, plain JSON.

        Raises:
            FunctionFailed: it has none.
        """
        ...

    async def run(self, event: Event, raw_query: str) -> tuple[Any, Any]:
        """The same, and the origin group that the function chose, if it did."""
        ...


class ViewerEvents:
    def __init__(self, functions: Mapping[str, Function]) -> None:
        """
        Args:
            functions: by their ARN; read at each event, so a new one takes the place of an old.
        """
        self._functions = functions

    async def at_request(
        self, arn: str, context: Context, viewer: Request
    ) -> tuple[Request | Answer, OriginGroup | None]:
        """What to go on with, and to which origins if the function chose them; or the answer.

        Raises:
            FunctionFailed: see there.
        """
        result, chosen = await self._function(arn).run(request_event(context, viewer), viewer.query)
        return request_or_answer(result, viewer), origin_group(chosen)

    async def at_response(self, arn: str, context: Context, viewer: Request, answer: Answer) -> Answer:
        """`answer` as the function changed it; `viewer` is the request before any function.

        Raises:
            FunctionFailed: see there.
        """
        result = await self._function(arn).invoke(response_event(context, viewer, answer), viewer.query)
        return changed_answer(result, answer)

    def _function(self, arn: str) -> Function:
        function = self._functions.get(arn)
        if function is None:  # A request that outlived its configuration.
            raise FunctionFailed(f"{arn} is no longer deployed")
        return function
