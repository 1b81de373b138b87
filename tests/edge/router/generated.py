"""Random widgets with all that routes may have, and requests near their edges; the same for the same seed."""

from __future__ import annotations

import base64
import hashlib
import random
from typing import Any

from edgeship.domain.bucketing import salt_of_testers, user_token
from edgeship.domain.edge.route_values import Routes, store_values
from edgeship.domain.edge.router import REVISION_KEY, Request
from tests.domain.edge.earlier_values import earlier

WIDGETS = ("checkout", "a", "chat-2", "x" * 63)
CHANNELS = ("latest", "next", "beta", "constructor")
USERS = ("ann", "bob@example.com", "日本", "a b+c%", "user-7", "x" * 300)
FILES = (
    *("widget.js", "app.js", "style.css", "a/b.svg", "widget.js.map", "", "a b.js", "%41.js", "x" * 3060),
    *("../x.js", "a/%2e%2E/b", "a%5c..%2fb", "..", "a..b.js", "./x.js", "/x.js", "latest/~1/x.js", "v1.0.0/widget.js"),
)
FIRST = (*WIDGETS, "nobody", "Checkout", "%63heckout", "..", "", "latest", "~1", "v1.2.3", "__proto__", "x" * 64)
SECOND = (
    *("latest", "~next", "~beta", "~1", "~1.4", "~0", "~constructor", "~toString", "~__proto__", "~latest", "%6Catest"),
    *("~1.4.2", "~01", "~", "~%31", "v1.4.2", "v1.0.0-rc.1", "v1.0", "LATEST", "x", "", "~ghost", "~9"),
)
ADDRESSES = ("192.0.2.7", "2001:db8::1", "")


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def store(self) -> dict[str, str]:
        """An environment's store; now and then one that is not filled yet, in which much is spilled, or of before."""
        if self.random.random() < 0.05:
            return {}
        widgets = {widget: self.routes(widget) for widget in WIDGETS if self.random.random() < 0.8}
        values = store_values(widgets)
        if self.random.random() < 0.2:
            values = earlier(values)
        return values | {REVISION_KEY: "7"}

    def routes(self, widget: str) -> Routes:
        some = self.random
        versions = [f"{some.randrange(3)}.{minor}.{some.randrange(4)}" for minor in range(some.choice((2, 4, 60)))]
        versions.append("2.0.0-rc.1")
        routes: Routes = {
            "channels": {name: self.channel(versions) for name in CHANNELS if some.random() < 0.8},
            "ranges": {},
            "releases": {version: self.how(version) for version in versions},
        }
        routes["channels"].setdefault("latest", self.channel(versions))
        testers = [user_token(user, salt_of_testers(widget)) for user in USERS[1:4]]
        for entry in routes["channels"].values():
            if "candidate" in entry and some.random() < 0.5:
                entry["testers"] = testers
        for version in versions:
            major, minor, _ = version.partition("-")[0].split(".")
            routes["ranges"] |= {major: version, f"{major}.{minor}": version}
        if some.random() < 0.3:
            routes["channels"]["latest"]["by_flag"] = self.by_flag(versions)
        return routes

    def channel(self, versions: list[str]) -> dict[str, Any]:
        some = self.random
        entry: dict[str, Any] = {"stable": some.choice(versions)}
        if some.random() < 0.6:
            entry |= {"candidate": some.choice(versions), "percent": some.choice((0, 0.01, 1, 12.34, 50, 99.99, 100))}
        return entry

    def how(self, version: str) -> list[Any]:
        digest = base64.b64encode(hashlib.sha256(version.encode()).digest()).decode().rstrip("=")
        exported = (["widget.js", "*"], ["widget.js", "*default"], ["app.js", "*"])
        return self.random.choice(([], [1], ["widget.js", digest], ["a%20b.js", digest], *exported))

    def by_flag(self, versions: list[str]) -> dict[str, Any]:
        some = self.random
        chosen = some.sample(versions, 2)
        targets = [user_token(user, "flag") for user in USERS[:3]] if some.random() < 0.5 else []
        phases = []
        for at in sorted(some.sample(range(0, 400, 50), some.randrange(1, 4))):
            ends = sorted(some.sample(range(1, 10_000), some.randrange(3)))
            shares = [[end, some.randrange(-1, 2)] for end in (*ends, 10_000)]
            phases.append([at, shares, *([some.randrange(-1, 2)] if targets else [])])
        return {"k": "flag", "p": phases, "versions": chosen, "targets": targets}

    def request(self) -> Request:
        some = self.random
        likely = some.random() < 0.7
        first = some.choice(WIDGETS if likely else FIRST)
        second = some.choice(SECOND[:6] if likely else SECOND)
        segments = [first, second, some.choice(FILES[:4] if likely else FILES)]
        uri = "/" + "/".join(segments[: 3 if likely else some.choice((1, 2, 3, 3, 3))])
        query: dict[str, list[str]] = {}
        if some.random() < 0.5:
            query["user"] = some.choice(([some.choice(_ENCODED)], ["", some.choice(_ENCODED)], [""]))
        if some.random() < 0.3:
            query["edgeship-track"] = [some.choice(("candidate", "stable", "%73table", "", "both"))]
        if some.random() < 0.2:
            query["a"] = some.sample(["1", "", "%22", "$&"], some.randrange(1, 3))
        headers = {"user-agent": some.choice(("Firefox", ""))} if some.random() < 0.8 else {}
        if some.random() < 0.2:
            headers["x-edgeship-user"] = some.choice(("ann", "", "zoë"))
        cookies = {"edgeship_user": some.choice(_ENCODED)} if some.random() < 0.2 else {}
        method = some.choices(("GET", "HEAD", "OPTIONS"), (90, 5, 5))[0]
        return Request(
            uri, method, query, headers, cookies, some.choice(ADDRESSES), some.choice((0.0, 49.5, 100.0, 399))
        )


_ENCODED = (
    "ann",
    "bob%40example.com",
    "%E6%97%A5%E6%9C%AC",
    "a+b%2Bc%25",
    "user-7",
    "%ff%fe",
    "%",
    "%4",
    "x" * 300,
    '"q"',
)
