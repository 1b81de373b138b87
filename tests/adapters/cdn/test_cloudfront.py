"""CloudFront's invalidations, on moto, and what its errors mean."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from edgeship.adapters.cdn.cloudfront import CloudFront
from edgeship.application.propagation.ports import CdnBusy, CdnRefused
from tests.support.moto.aws import create_distribution


def made(distribution_id: str) -> list[tuple[str, list[str]]]:
    client = boto3.client("cloudfront")
    listed = client.list_invalidations(DistributionId=distribution_id)["InvalidationList"].get("Items", [])
    batches = [
        client.get_invalidation(DistributionId=distribution_id, Id=each["Id"])["Invalidation"]["InvalidationBatch"]
        for each in listed
    ]
    return [(batch["CallerReference"], batch["Paths"]["Items"]) for batch in batches]


@pytest.mark.usefixtures("aws")
def test_folders_are_one_path_each_and_a_reference_is_one_invalidation() -> None:
    distribution_id = create_distribution()
    cloudfront = CloudFront(boto3.client("cloudfront"), distribution_id)
    assert cloudfront.is_refreshed()
    for _ in range(2):
        assert cloudfront.refresh(["/latest/", "/checkout/latest/"], "move-1") == 2
        assert cloudfront.is_refreshed()
    assert made(distribution_id) == [("move-1", ["/checkout/latest/*", "/latest/*"])]


@pytest.mark.usefixtures("aws")
def test_a_distribution_that_is_not_there() -> None:
    with pytest.raises(CdnRefused, match="NoSuchDistribution"):
        CloudFront(boto3.client("cloudfront"), "E0NOTTHERE").refresh(["/checkout/latest/"], "move-1")


class Answers:
    """A client that refuses everything with one error."""

    def __init__(self, code: str, status: int) -> None:
        response: Any = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        self.error = ClientError(response, "CreateInvalidation")

    def create_invalidation(self, **_: Any) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("TooManyInvalidationsInProgress", 400, CdnBusy),
        ("Throttling", 400, CdnBusy),
        ("ServiceUnavailable", 503, CdnBusy),
        ("AccessDenied", 403, CdnRefused),
        ("InvalidArgument", 400, CdnRefused),
    ],
)
def test_what_an_error_means(code: str, status: int, expected: type[Exception]) -> None:
    cloudfront = CloudFront(Answers(code, status), "E1")  # type: ignore[arg-type]
    with pytest.raises(expected, match=code):
        cloudfront.refresh(["/checkout/latest/"], "move-1")
