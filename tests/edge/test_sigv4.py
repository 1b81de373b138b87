from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.sigv4 import Credentials, quote_key, sign_get


def test_the_documentations_example() -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object"."""
    signed = sign_get(
        "/test.txt",
        {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9"},
        Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
        "us-east-1",
        datetime(2013, 5, 24, tzinfo=UTC).timestamp(),
    )
    assert signed == {
        "host": "examplebucket.s3.amazonaws.com",
        "range": "bytes=0-9",
        "x-amz-content-sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "x-amz-date": "20130524T000000Z",
        "authorization": (
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
    }


names = st.text(st.sampled_from("abcXYZ019/+="), min_size=1, max_size=40)
header_values = st.text(st.sampled_from('abc019 "*-/'), max_size=20)


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    headers=st.dictionaries(st.sampled_from(["if-none-match", "range", "accept", "x-amz-meta-a"]), header_values),
    access_key=st.from_regex(r"[A-Z0-9]{16,20}", fullmatch=True),
    secret_key=names,
    token=st.none() | names,
    region=st.sampled_from(["us-east-1", "eu-west-1", "ap-southeast-2"]),
    now=st.integers(0, 4_102_444_800),
)
def test_signs_as_botocore_does(
    key: str,
    headers: dict[str, str],
    access_key: str,
    secret_key: str,
    token: str | None,
    region: str,
    now: int,
) -> None:
    path = "/" + quote_key(key)
    request = botocore.awsrequest.AWSRequest("GET", f"http://bucket.s3.amazonaws.com{path}", headers=dict(headers))
    credentials = botocore.credentials.Credentials(access_key, secret_key, token)
    with mock.patch("botocore.auth.get_current_datetime", return_value=datetime.fromtimestamp(now, UTC)):
        botocore.auth.S3SigV4Auth(credentials, "s3", region).add_auth(request)
    theirs = {name.lower(): value for name, value in request.headers.items()}

    ours = sign_get(
        path, {"host": "bucket.s3.amazonaws.com", **headers}, Credentials(access_key, secret_key, token), region, now
    )
    assert ours == {"host": "bucket.s3.amazonaws.com", **theirs}


@pytest.mark.parametrize(
    ("key", "quoted"),
    [("edge/snapshot.json", "edge/snapshot.json"), ("a b+~é%", "a%20b%2B~%C3%A9%25"), ("a//../b", "a//../b")],
)
def test_keys_are_quoted_as_s3_wants_them(key: str, quoted: str) -> None:
    assert quote_key(key) == quoted
