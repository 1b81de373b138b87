"""A local Cloudflare starts, ends and stays on this machine."""

from __future__ import annotations

import pytest

from localcloud.cloudflare.local_cloudflare import LocalCloudflare
from localcloud.sandbox import NotLoopback
from tests.localcloud.cloudflare.front import TOKEN


def test_it_ends_and_frees_its_port() -> None:
    with LocalCloudflare("http://127.0.0.1:1", token=TOKEN) as cdn:
        port = int(cdn.url.rpartition(":")[2])
        assert cdn.api_url == f"http://127.0.0.1:{port}/client/v4"
        with pytest.raises(OSError, match=str(port)):
            LocalCloudflare("http://127.0.0.1:1", token=TOKEN, port=port).start()
    cdn.stop()
    with LocalCloudflare("http://127.0.0.1:1", token=TOKEN, port=port) as again:
        assert again.url == cdn.url


def test_its_origin_is_on_this_machine() -> None:
    with pytest.raises(NotLoopback):
        LocalCloudflare("https://d111111abcdef8.cloudfront.net", token=TOKEN)
