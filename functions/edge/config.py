"""What the edge function must know of its environment: Lambda@Edge has no variables, so bundling writes it here."""

from __future__ import annotations

import json

FILE_NAME = "config.json"
"""Lies beside this module in the zip."""


class Config:
    """The fields of `config.json`: where the snapshot is (bucket, key, region), how old it may get and how long
    reading it may take (seconds), the widget whose paths may leave its name out, if there is one, and the name of the
    environment, which flags may be limited to.

    Raises:
        TypeError: a field is missing, or one is not known.
    """

    __slots__ = ("bucket", "environment", "freshness_seconds", "key", "region", "root_widget", "timeout_seconds")

    def __init__(
        self,
        *,
        environment: str,
        bucket: str,
        key: str,
        region: str,
        root_widget: str | None,
        freshness_seconds: float,
        timeout_seconds: float,
    ) -> None:
        self.environment = environment
        self.bucket = bucket
        self.key = key
        self.region = region
        self.root_widget = root_widget
        self.freshness_seconds = freshness_seconds
        self.timeout_seconds = timeout_seconds

    @classmethod
    def read(cls) -> Config:
        """Read the file beside this module."""
        path = __file__.rpartition("/")[0] + "/" + FILE_NAME
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  pathlib costs 8 ms of cold start
            return cls(**json.load(file))
