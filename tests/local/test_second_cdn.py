"""The adapter that purges Cloudflare, against the local one."""

from __future__ import annotations

import asyncio

import pytest

from edgeship.adapters.cdn.cloudflare import Cloudflare
from edgeship.adapters.http.https_post import HttpsPost
from edgeship.application.propagation.ports import CdnBusy
from localcloud.cloudflare.local_cloudflare import ZONE
from tests.localcloud.cloudflare.front import EMPTY_BUCKET, FRESH, JS, TOKEN, front


def test_the_adapter_purges_it() -> None:
    async def story() -> None:
        async with front(rate_per_second=EMPTY_BUCKET, bucket=1) as at:
            at.origin.put("/w/latest/a.js", JS, Cache_Control=FRESH)
            await at.get("/w/latest/a.js")
            post = HttpsPost(loopback=True)
            cloudflare = Cloudflare(post, ZONE, at.cdn.url, lambda: TOKEN, at.cdn.api_url)
            await asyncio.to_thread(cloudflare.refresh, ["/w/latest/"], "m1")
            assert await at.caches("/w/latest/a.js") == ["MISS"]
            with pytest.raises(CdnBusy, match="429"):
                await asyncio.to_thread(cloudflare.refresh, ["/w/latest/"], "m2")
            assert at.cdn.purges == [f"{at.host}/w/latest"]

    asyncio.run(story())
