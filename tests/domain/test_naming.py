import pytest

from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey, check_channel, check_widget, release_prefix, widget_of_key
from edgeship.domain.version import Version


@pytest.mark.parametrize(
    ("key", "widget", "version", "suffix"),
    [
        ("incoming/checkout/1.4.2.tar.gz", "checkout", "1.4.2", ".tar.gz"),
        ("incoming/checkout/1.4.2.tgz", "checkout", "1.4.2", ".tgz"),
        ("incoming/a/2.0.0-beta.1.zip", "a", "2.0.0-beta.1", ".zip"),
        (f"incoming/{'w' * 63}/0.0.1.zip", "w" * 63, "0.0.1", ".zip"),
    ],
)
def test_reads_an_upload_key(key: str, widget: str, version: str, suffix: str) -> None:
    parsed = UploadKey.parse(key)
    assert (parsed.widget, str(parsed.version), parsed.suffix) == (widget, version, suffix)
    assert str(parsed) == key


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("incoming/checkout/1.4.2.rar", "key_invalid"),
        ("incoming/checkout.tar.gz", "key_invalid"),
        ("incoming/checkout/deep/1.4.2.zip", "key_invalid"),
        ("outgoing/checkout/1.4.2.zip", "key_invalid"),
        ("incoming/Checkout/1.4.2.zip", "widget_invalid"),
        ("incoming/-checkout/1.4.2.zip", "widget_invalid"),
        ("incoming/check_out/1.4.2.zip", "widget_invalid"),
        (f"incoming/{'w' * 64}/1.4.2.zip", "widget_invalid"),
        ("incoming//1.4.2.zip", "widget_invalid"),
        ("incoming/ofrep/1.4.2.zip", "widget_invalid"),
        ("incoming/checkout/v1.4.2.zip", "version_invalid"),
        ("incoming/checkout/.zip", "version_invalid"),
        ("incoming/checkout/1.4.2+7.zip", "version_invalid"),
    ],
)
def test_refuses_other_keys(key: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        UploadKey.parse(key)
    assert refused.value.code == code
    assert refused.value.remedy


@pytest.mark.parametrize("name", ["", "Latest", "1beta", "be ta", "-beta", "b" * 33])
def test_refuses_channel_names(name: str) -> None:
    with pytest.raises(Refused) as refused:
        check_channel(name)
    assert refused.value.code == "channel_invalid"


@pytest.mark.parametrize("name", ["latest", "next", "beta-2", "b" * 32])
def test_takes_channel_names(name: str) -> None:
    assert check_channel(name) == name


def test_reserved_first_segments_are_no_widgets() -> None:
    for name in ("edgeship", "health", "ofrep", "telemetry", "latest"):
        with pytest.raises(Refused):
            check_widget(name)


def test_names_the_widget_of_an_invalid_key_where_it_can() -> None:
    assert widget_of_key("incoming/checkout/nonsense.rar") == "checkout"
    assert widget_of_key("incoming/Bad Name/1.0.0.zip") is None
    assert widget_of_key("incoming/readme.txt") is None


def test_release_prefix() -> None:
    assert release_prefix("checkout", Version.parse("1.4.2")) == "checkout/v1.4.2/"
