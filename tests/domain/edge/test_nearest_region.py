"""The nearest Region: itself, else one of its own continent, else home; and the table has every Region."""

from __future__ import annotations

import boto3
import pytest

from edgeship.domain.edge.nearest_region import REGIONS, nearest, nearest_copies

COPIES = ("eu-west-1", "ap-southeast-1", "ap-northeast-1", "sa-east-1")


@pytest.mark.parametrize(
    ("region", "copy"),
    [
        ("us-east-1", "us-east-1"),
        ("us-west-2", "us-east-1"),
        ("ca-central-1", "us-east-1"),
        ("eu-west-1", "eu-west-1"),
        ("eu-central-1", "eu-west-1"),
        ("eu-north-1", "eu-west-1"),
        ("ap-southeast-2", "ap-southeast-1"),
        ("ap-south-1", "ap-southeast-1"),
        ("ap-northeast-2", "ap-northeast-1"),
        ("sa-east-1", "sa-east-1"),
    ],
)
def test_the_nearest_copy(region: str, copy: str) -> None:
    assert nearest(region, ("us-east-1", *COPIES)) == copy
    assert nearest_copies("us-east-1", COPIES).get(region, "us-east-1") == copy


def test_a_copy_far_away_does_not_make_home_farther() -> None:
    found = nearest_copies("us-east-1", ["ap-southeast-2"])
    assert "us-west-2" not in found
    assert "eu-west-1" not in found
    assert found["ap-southeast-2"] == found["ap-northeast-1"] == "ap-southeast-2"


def test_without_copies_everyone_reads_home() -> None:
    assert nearest_copies("us-east-1", []) == {}


def test_every_region_that_the_sdk_knows_is_in_the_table() -> None:
    known = boto3.Session().get_available_regions("s3", partition_name="aws")
    assert set(known) <= REGIONS
