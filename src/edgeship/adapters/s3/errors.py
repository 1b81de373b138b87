"""The meaning of S3's error answers."""

from __future__ import annotations

from botocore.exceptions import ClientError


def _status(error: ClientError) -> int:
    return error.response["ResponseMetadata"]["HTTPStatusCode"]


def is_missing(error: ClientError) -> bool:
    """The object, or that version of it, is not there."""
    return _status(error) == 404


def is_denied(error: ClientError) -> bool:
    """The credentials may not do this."""
    return _status(error) == 403


def lost_race(error: ClientError) -> bool:
    """A conditional write came second: 412 (the condition is false) or 409 (another write was under way).

    Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
    """
    return _status(error) in (409, 412)
