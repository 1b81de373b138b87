"""What the edge function must know of its environment: Lambda@Edge has no variables, so bundling writes it here."""

from __future__ import annotations

import json

FILE_NAME = "config.json"
"""Lies beside this module in the zip."""


class Config:
    """The fields of `config.json`: where the flags' snapshot is (bucket, flags_key, region), how old it may get and how
    long reading it may take (seconds), and the name of the environment, which flags may be limited to.

    A copy is under the same key in the bucket of each Region in `flag_copies`. `nearest` is the Region of the copy to
    read for each Region that the function may run in; where it has none, home is the nearest.

    Raises:
        TypeError: a field is missing, or one is not known.
    """

    __slots__ = (
        "bucket",
        "environment",
        "flag_copies",
        "flags_key",
        "freshness_seconds",
        "nearest",
        "region",
        "timeout_seconds",
    )

    def __init__(
        self,
        *,
        environment: str,
        bucket: str,
        region: str,
        freshness_seconds: float,
        timeout_seconds: float,
        flags_key: str,
        flag_copies: dict[str, str],
        nearest: dict[str, str],
    ) -> None:
        self.environment = environment
        self.bucket = bucket
        self.region = region
        self.freshness_seconds = freshness_seconds
        self.timeout_seconds = timeout_seconds
        self.flags_key = flags_key
        self.flag_copies = flag_copies
        self.nearest = nearest

    @classmethod
    def read(cls) -> Config:
        """Read the file beside this module."""
        path = __file__.rpartition("/")[0] + "/" + FILE_NAME
        with open(path, encoding="utf-8") as file:  # noqa: PTH123  pathlib costs 8 ms of cold start
            return cls(**json.load(file))
