"""Previews in the template: nothing of the first distribution reaches them, and they reach nothing of it."""

from __future__ import annotations

import json
from fnmatch import fnmatch
from typing import Any

import pytest

from edgeship.domain.previews.preview_name import MAX_TTL
from tests.infra.template import Template, listed

pytestmark = pytest.mark.xdist_group("infra")

DISTRIBUTION, BUCKET = "AWS::CloudFront::Distribution", "AWS::S3::Bucket"


def distributions(template: Template) -> tuple[str, str]:
    """The logical ids of the first distribution, and of that of previews."""
    first, second = sorted(template.resources(DISTRIBUTION))
    assert (first.startswith("Cdn"), second.startswith("PreviewCdn")) == (True, True)
    return first, second


def config(template: Template, key: str) -> dict[str, Any]:
    found: dict[str, Any] = template.resources(DISTRIBUTION)[key]["Properties"]["DistributionConfig"]
    return found


def previews_bucket(template: Template) -> str:
    return next(key for key in template.resources(BUCKET) if key.startswith("StoragePreviews"))


def readers(template: Template, bucket: str) -> list[str]:
    """On whose behalf CloudFront may read a bucket, as text."""
    (policy,) = [
        each["Properties"]["PolicyDocument"]["Statement"]
        for each in template.resources("AWS::S3::BucketPolicy").values()
        if each["Properties"]["Bucket"] == {"Ref": bucket}
    ]
    return [
        json.dumps(statement["Condition"])
        for statement in policy
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
    ]


def test_without_the_option_there_is_nothing_of_it(production: Template) -> None:
    assert len(production.resources(DISTRIBUTION)) == 1
    assert "review" not in json.dumps(production.body["Resources"]).replace("reviewed", "")


def test_the_first_distribution_has_no_origin_that_reads_previews(previewing: Template) -> None:
    first, second = distributions(previewing)
    bucket = previews_bucket(previewing)
    assert bucket not in json.dumps(config(previewing, first))
    assert bucket in json.dumps(config(previewing, second)["Origins"])
    assert "StorageSite" not in json.dumps(config(previewing, second))


def test_each_bucket_is_read_by_its_own_distribution_alone(previewing: Template) -> None:
    first, second = distributions(previewing)
    site = next(key for key in previewing.resources(BUCKET) if key.startswith("StorageSite"))
    for bucket, own, other in ((previews_bucket(previewing), second, first), (site, first, second)):
        found = readers(previewing, bucket)
        assert found
        assert all(f'"{own}"' in each and f'"{other}"' not in each for each in found)


def test_previews_are_not_indexed_and_browsers_ask_again(previewing: Template) -> None:
    _, second = distributions(previewing)
    behavior = config(previewing, second)["DefaultCacheBehavior"]
    assert "CacheBehaviors" not in config(previewing, second)
    policy = previewing.resources("AWS::CloudFront::ResponseHeadersPolicy")[behavior["ResponseHeadersPolicyId"]["Ref"]]
    headers = policy["Properties"]["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    found = {each["Header"]: (each["Value"], each["Override"]) for each in headers}
    assert found["X-Robots-Tag"] == ("noindex, nofollow", True)
    assert found["Cache-Control"] == ("no-cache", True)


def test_every_request_runs_the_function_that_ends_them(previewing: Template) -> None:
    _, second = distributions(previewing)
    (association,) = config(previewing, second)["DefaultCacheBehavior"]["FunctionAssociations"]
    assert association["EventType"] == "viewer-request"
    function = previewing.resources("AWS::CloudFront::Function")[association["FunctionARN"]["Fn::GetAtt"][0]]
    (store,) = function["Properties"]["FunctionConfig"]["KeyValueStoreAssociations"]
    assert store["KeyValueStoreARN"]["Fn::GetAtt"][0].startswith("PreviewCdnStore")


def test_files_outlive_every_preview_and_go(previewing: Template) -> None:
    bucket = previewing.resources(BUCKET)[previews_bucket(previewing)]["Properties"]
    days = [
        rule["ExpirationInDays"] for rule in bucket["LifecycleConfiguration"]["Rules"] if "ExpirationInDays" in rule
    ]
    assert days == [MAX_TTL.days + 1]


def test_a_previewer_can_put_no_release(previewing: Template) -> None:
    statements = [each for key, each in previewing.statements() if key.startswith("AccessPreviewer")]
    actions = {action for each in statements for action in listed(each["Action"])}
    assert actions == {
        *("s3:PutObject", "s3:ListMultipartUploadParts", "ssm:GetParameter", "dynamodb:GetItem", "dynamodb:Query")
    }
    (put,) = [each for each in statements if "s3:PutObject" in listed(each["Action"])]
    pattern = previewing.arn(put["Resource"]).split(":::")[1].partition("/")[2]
    assert fnmatch("incoming/checkout/previews/pr-1/3600/a.tar.gz", pattern)
    assert not fnmatch("incoming/checkout/1.0.0.tar.gz", pattern)
