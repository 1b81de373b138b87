"""Follows a deployed distribution: its invalidations, and updates of its configuration.

Both are made through the usual API, by anyone; the emulator records them, and this asks it for news.
"""

from __future__ import annotations

from localcloud.sandbox import SandboxSession


class DistributionFeed:
    """What has happened to a distribution since the last look. Both methods raise botocore.exceptions.ClientError or
    BotoCoreError: the emulator refused or is gone."""

    def __init__(self, session: SandboxSession, distribution_id: str) -> None:
        """Invalidations that exist already are not news: the cache was empty when they were made."""
        self._cloudfront = session.client("cloudfront")
        self._id = distribution_id
        self._seen = set(self._invalidation_ids())

    def invalidated(self) -> list[str]:
        """The paths of invalidations that had not been seen."""
        paths: list[str] = []
        for invalidation_id in self._invalidation_ids():
            if invalidation_id not in self._seen:
                answer = self._cloudfront.get_invalidation(DistributionId=self._id, Id=invalidation_id)
                paths += answer["Invalidation"]["InvalidationBatch"]["Paths"].get("Items", [])
                # After the answer: one that could not be read is news again at the next look.
                self._seen.add(invalidation_id)
        return paths

    def etag(self) -> str:
        """Of the configuration."""
        return str(self._cloudfront.get_distribution_config(Id=self._id)["ETag"])

    def _invalidation_ids(self) -> list[str]:
        pages = self._cloudfront.get_paginator("list_invalidations").paginate(DistributionId=self._id)
        return [i["Id"] for page in pages for i in page["InvalidationList"].get("Items", ())]
