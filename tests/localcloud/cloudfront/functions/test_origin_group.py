"""The origins that a function chooses, and what comes of them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from localcloud.cloudfront.functions.failure import FunctionFailed
from localcloud.cloudfront.functions.origin_group import OriginGroup, origin_group
from localcloud.cloudfront.origins.failover import FailoverOrigin
from localcloud.http.exchange import Answer, Request
from localcloud.http.origin import OriginUnavailable

CHOSEN: dict[str, Any] = {
    "originIds": [{"originId": "a"}, {"originId": "b"}],
    "failoverCriteria": {"statusCodes": [403, 404]},
}


def test_a_group_is_two_origins_and_when_the_second_is_asked() -> None:
    assert origin_group(None) is None
    assert origin_group(CHOSEN) == OriginGroup("a", "b", frozenset({403, 404}))
    assert origin_group({**CHOSEN, "selectionCriteria": "default"}) == origin_group(CHOSEN)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        [],
        "a",
        {**CHOSEN, "originIds": [{"originId": "a"}]},
        {**CHOSEN, "originIds": ["a", "b"]},
        {"originIds": CHOSEN["originIds"]},
        {**CHOSEN, "failoverCriteria": {"statusCodes": []}},
        {**CHOSEN, "failoverCriteria": {"statusCodes": [400]}},
        {**CHOSEN, "selectionCriteria": "media-quality-based"},
    ],
)
def test_what_is_no_group_fails_the_function(chosen: Any) -> None:
    with pytest.raises(FunctionFailed, match="createRequestOriginGroup"):
        origin_group(chosen)


@dataclass
class Fixed:
    status: int
    asked: list[str] = field(default_factory=list)

    async def fetch(self, request: Request) -> Answer:
        self.asked.append(request.method)
        if not self.status:
            raise OriginUnavailable("gone")
        return Answer(self.status)


@pytest.mark.parametrize(
    ("method", "first", "status"),
    [("GET", 200, 200), ("GET", 404, 201), ("HEAD", 403, 201), ("GET", 500, 500), ("GET", 0, 201), ("POST", 404, 404)],
)
def test_the_second_is_asked_for_what_the_first_has_not(method: str, first: int, status: int) -> None:
    primary, secondary = Fixed(first), Fixed(201)
    origin = FailoverOrigin(primary, secondary, frozenset({403, 404}))
    assert asyncio.run(origin.fetch(Request(method, "/a"))).status == status
    assert (primary.asked, secondary.asked) == ([method], [method] if status == 201 else [])
