"""What functions see of a key value store: all of its content, some time after it was written.

CloudFront's store is eventually consistent and promises no bound; here a new content shows after a fixed delay, whole.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from localcloud.sandbox import SandboxSession

_PAGE = 50
"""Keys a call of ListKeys, its most."""


@dataclass(frozen=True)
class Content:
    """A store's values by their keys. `etag` changes with each update; the times are ISO 8601."""

    etag: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    created: str = ""
    updated: str = ""


class StoreFeed:
    """Reads a store through its data API, again when it has changed."""

    def __init__(self, session: SandboxSession, arn: str) -> None:
        self._client = session.client("cloudfront-keyvaluestore")
        self._arn = arn
        self._etag: str | None = None

    def look(self) -> Content | None:
        """The content, if it is another than at the last look.

        Raises:
            botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError: no such store, or the emulator is gone.
        """
        described = self._client.describe_key_value_store(KvsARN=self._arn)
        if described["ETag"] == self._etag:
            return None
        values: dict[str, str] = {}
        for page in self._client.get_paginator("list_keys").paginate(KvsARN=self._arn, MaxResults=_PAGE):
            values.update((item["Key"], item["Value"]) for item in page["Items"])
        after = self._client.describe_key_value_store(KvsARN=self._arn)
        if after["ETag"] != described["ETag"]:
            return None  # Written to between two pages: the next look reads one content and not a mix.
        self._etag = described["ETag"]
        created, updated = described["Created"], described.get("LastModified", described["Created"])
        return Content(described["ETag"], values, created.isoformat(), updated.isoformat())


class StoreReplica:
    """Contents on their way to functions. Pure: the clock is an argument."""

    def __init__(self, delay_seconds: float) -> None:
        self._delay = delay_seconds
        self._arriving: deque[tuple[float, Content]] = deque()

    def arrive(self, content: Content, now: float) -> None:
        """`content` shows `delay_seconds` after `now`."""
        self._arriving.append((now + self._delay, content))

    def due(self, now: float) -> Content | None:
        """The newest content that shows by `now` and has not been given yet."""
        content = None
        while self._arriving and self._arriving[0][0] <= now:
            content = self._arriving.popleft()[1]
        return content
