"""What may name a preview, and what an inbox key says."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey
from edgeship.domain.previews.preview_name import PreviewKey, check_preview, is_preview_key, preview_version

GOOD = "incoming/checkout/previews/pr-123/604800/0f.tar.gz"


def test_a_key_says_all_that_makes_a_preview() -> None:
    key = PreviewKey.parse(GOOD)
    assert (key.widget, key.name, key.ttl, key.archive) == ("checkout", "pr-123", timedelta(days=7), "0f")
    assert str(key) == GOOD
    assert is_preview_key(GOOD)


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("incoming/checkout/previews/pr-1/604800/x/y.tar.gz", "key_invalid"),
        ("incoming/checkout/previews/pr-1/x.tar.gz", "key_invalid"),
        ("incoming/checkout/previews/pr-1/7d/x.tar.gz", "key_invalid"),
        ("incoming/checkout/previews/pr-1/604800/x.rar", "key_invalid"),
        ("incoming/checkout/previews/pr-1/604800/.tar.gz", "key_invalid"),
        ("incoming/checkout/previews/pr-1/604800/x%2F.tar.gz", "key_invalid"),
        ("incoming/Checkout/previews/pr-1/604800/x.tar.gz", "widget_invalid"),
        ("incoming/checkout/previews/PR/604800/x.tar.gz", "preview_invalid"),
        ("incoming/checkout/previews/pr-1/3599/x.tar.gz", "ttl_invalid"),
        ("incoming/checkout/previews/pr-1/2592001/x.tar.gz", "ttl_invalid"),
    ],
)
def test_other_keys_are_refused(key: str, code: str) -> None:
    assert is_preview_key(key)
    with pytest.raises(Refused) as refused:
        PreviewKey.parse(key)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "key", ["incoming/checkout/1.0.0.tar.gz", "incoming/checkout/previews.tar.gz", "previews/a/b/c"]
)
def test_keys_of_releases_are_none_of_previews(key: str) -> None:
    assert not is_preview_key(key)


def test_no_key_is_read_as_both() -> None:
    with pytest.raises(Refused):
        UploadKey.parse(GOOD)


@pytest.mark.parametrize("name", ["", "-a", "a-", "1", "Pr", "a_b", "a" * 41, "a/b", "a.b", "a\n"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(Refused):
        check_preview(name)


@pytest.mark.parametrize("name", ["a", "pr-123", "a" * 40, "a--b"])
def test_a_preview_has_a_version_lower_than_any_release(name: str) -> None:
    assert str(preview_version(check_preview(name))) == f"0.0.0-{name}"
