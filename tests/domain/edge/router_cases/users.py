"""What a path means for a user and a query: rollouts, flags, identities, and the pinned buckets."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote_from_bytes

from edgeship.domain.bucketing import bucket_of, encode
from edgeship.domain.edge.route_values import store_values
from tests.domain.edge.earlier_values import earlier
from tests.domain.edge.router_cases.case import Case, a_widget, redirected
from tests.domain.golden_buckets import FLAG_BUCKETS, ROLLOUT_BUCKETS

_EVERY = "/checkout/v1.4.2/x.js"
QUERIES = [
    redirected("/checkout/latest/x.js", _EVERY + search, query=query, name=f"the query {search or query}")
    for query, search in [
        ({}, ""),
        ({"a": ["1"]}, "?a=1"),
        ({"b": ["2"], "a": ["1"]}, "?b=2&a=1"),
        ({"a": ["1", "2", "1"]}, "?a=1&a=2&a=1"),
        ({"a": [""]}, "?a="),
        ({"a": ["", "", "x"]}, "?a=&a=&a=x"),
        ({"": ["x"]}, "?=x"),
        ({"a": ["$&"], "b": ["$1$$`"]}, "?a=$&&b=$1$$`"),
        ({"a": ["%22%3Cb%3E%26"]}, "?a=%22%3Cb%3E%26"),
        ({"a%20b": ["c+d"], "e": ["f=g"]}, "?a%20b=c+d&e=f=g"),
        ({"user": ["bob"], "edgeship-track": ["stable"]}, "?user=bob&edgeship-track=stable"),
        ({"constructor": ["1"], "toString": ["2"]}, "?constructor=1&toString=2"),
        ({"x": ["y" * 3000]}, "?x=" + "y" * 3000),
    ]
]


def _of_running(version: str, name: str, uri: str = "/running/latest/x.js", **request: Any) -> Case:
    """The rollout of `running` is at 50 %: `bob` (bucket 7838) gets 1.0.0, `ian` (1497) the candidate 1.1.0."""
    query = {"query": request.pop("query")} if "query" in request else {}
    search = "&".join(f"{key}={value}" for key, values in query.get("query", {}).items() for value in values)
    widget = uri.split("/")[1]
    location = f"/{widget}/v{version}/x.js" + (f"?{search}" if search else "")
    return redirected(uri, location, name=name, **query, **request)


IDENTITIES = [
    _of_running("1.0.0", "?user=", query={"user": ["bob"]}),
    _of_running("1.1.0", "?user= of another", query={"user": ["ian"]}),
    _of_running("1.1.0", "?user= before header and cookie", query={"user": ["ian"]}, headers={"x-edgeship-user": "bob"},
                cookies={"edgeship_user": "bob"}),
    _of_running("1.1.0", "the first ?user= that is not empty", query={"user": ["", "ian", "bob"]}),
    _of_running("1.0.0", "an empty ?user= is none", query={"user": [""]}, headers={"x-edgeship-user": "bob"}),
    _of_running("1.1.0", "the header", headers={"x-edgeship-user": "ian"}),
    _of_running("1.0.0", "the header before the cookie", headers={"x-edgeship-user": "bob"},
                cookies={"edgeship_user": "ian"}),
    _of_running("1.1.0", "an empty header is none", headers={"x-edgeship-user": ""}, cookies={"edgeship_user": "ian"}),
    _of_running("1.1.0", "the cookie", cookies={"edgeship_user": "ian"}),
    _of_running("1.1.0", "a quoted cookie", cookies={"edgeship_user": '"ian"'}),
    _of_running("1.1.0", "an encoded cookie", cookies={"edgeship_user": "%69an"}),
    _of_running("1.1.0", "an encoded ?user=", query={"user": ["%69a%6E"]}),
    _of_running("1.0.0", "the header is not decoded", headers={"x-edgeship-user": "%69an"}),
]  # fmt: skip

TRACK = [
    *(
        _of_running(version, f"{user}, track {values}", query={"edgeship-track": values, "user": [user]})
        for user in ("bob", "ian")
        for values, version in (
            *((["candidate"], "1.1.0"), (["stable"], "1.0.0"), (["", "candidate"], "1.1.0"), (["%73table"], "1.0.0")),
            *((["stable", "candidate"], "1.0.0"),),
        )
    ),
    *(
        _of_running("1.0.0", f"no track: {value!r}", query={"edgeship-track": [value], "user": ["bob"]})
        for value in ("", "both", "Candidate", "candidate%00", "candidate+", "%ff")
    ),
    _of_running("1.1.0", "everybody", "/running/~all/x.js", query={"user": ["bob"]}),
    _of_running("1.0.0", "everybody but who asks", "/running/~all/x.js", query={"edgeship-track": ["stable"]}),
    _of_running("1.0.0", "a paused rollout", "/paused/latest/x.js", query={"user": ["ian"]}),
    _of_running("1.1.0", "a paused rollout's track", "/paused/latest/x.js", query={"edgeship-track": ["candidate"]}),
    redirected("/checkout/latest/x.js", "/checkout/v1.4.2/x.js?edgeship-track=candidate", name="a track, no rollout",
              query={"edgeship-track": ["candidate"]}),
]  # fmt: skip


def _of_ab(channel: str, version: str, reads: int, user: str = "bob", now: float = 0.0, **query: list[str]) -> Case:
    """Of the flag `ab`, `bob` has the bucket 9800 and `ian` 4811."""
    uri = "/ab/latest/x.js" if channel == "latest" else f"/ab/~{channel}/x.js"
    every = {"user": [user], **query}
    search = "&".join(f"{name}={value}" for name, values in every.items() for value in values)
    name = f"flag's {channel} for {user} at {now}, {search}"
    return redirected(uri, f"/ab/v{version}/x.js?{search}", reads, query=every, now=now, name=name)


FLAGS = [
    _of_ab("latest", "3.0.0", 1),
    _of_ab("latest", "2.0.0", 1, "ian"),
    *(_of_ab("dated", "1.0.0", 1, now=now) for now in (0.0, 99.9)),
    *(_of_ab("dated", "3.0.0", 1, now=now) for now in (100.0, 200.4)),
    *(
        _of_ab("dated", version, 1, "ian", now)
        for now, version in ((100.0, "2.0.0"), (200.4, "2.0.0"), (200.5, "3.0.0"))
    ),
    _of_ab("targeted", "3.0.0", 2),
    _of_ab("targeted", "2.0.0", 2, "ian"),
    _of_ab("targeted", "3.0.0", 2, "%E6%97%A5%E6%9C%AC"),
    _of_ab("targeted", "1.0.0", 2, now=100.0),
    _of_ab("half", "1.1.0", 1),
    _of_ab("half", "2.0.0", 1, "ian"),
    _of_ab("half", "1.0.0", 1, **{"edgeship-track": ["stable"]}),
    _of_ab("half", "2.0.0", 1, "ian", **{"edgeship-track": ["stable"]}),
]

EARLIER = [
    replace(case, store=earlier(case.store), name=f"{case.name}, as the store was before") for case in [*TRACK, *FLAGS]
]


def _encoded(user: str) -> str:
    return quote_from_bytes(encode(user), safe="")


def _identified(user: bytes, salt: str, bucket: int, token: str, **request: Any) -> list[Case]:
    """3.0.0 is for users of this bucket alone, and 4.0.0 for the user of this token."""
    cases = []
    for targets, version in (([], "3.0.0"), ([token], "4.0.0"), ([token[::-1]], "3.0.0")):
        phase = [0, [[bucket, 0], [bucket + 1, 1], [10_000, 0]], *([2] if targets else [])]
        route = {"k": salt, "p": [phase], "versions": ["2.0.0", "3.0.0", "4.0.0"], "targets": targets}
        store = store_values({"w": a_widget({"latest": {"stable": "1.0.0", "by_flag": route}})})
        search = "".join(f"?{key}={value}" for key, [value] in request.get("query", {}).items())
        name = f"{user[:40]!r}, {len(user)} under {salt!a}, {' '.join(request)} {search[:40]}, targets {targets}"
        reads = 2 if targets else 1
        cases.append(redirected("/w/latest/x", f"/w/v{version}/x{search}", reads, store=store, name=name, **request))
    return cases


def bytes_of_users() -> list[Case]:
    """Users who are no text, and long ones, of whom 256 bytes count."""
    cases = []
    for user in (
        b"\xff\xfe",
        b"\x00",
        b"\xe2\x82",
        b"a b+c%",
        b"x" * 256,
        "日".encode() * 86,
        b"\xff" * 300,
        b"%" * 999,
    ):
        digest = sha256(user[:256] + b"ab").digest()
        bucket, token = bucket_of(int.from_bytes(digest[:4])), digest[4:20].hex()
        escaped = quote_from_bytes(user, safe="")
        cases += _identified(user, "ab", bucket, token, query={"user": [escaped]})
        cases += _identified(user, "ab", bucket, token, cookies={"edgeship_user": escaped})
        if user.isascii() and user.decode().isprintable():
            cases += _identified(user, "ab", bucket, token, headers={"x-edgeship-user": user.decode()})
    return cases


def golden() -> list[Case]:
    """The pinned buckets and tokens, each on both sides of its bounds. Nobody's name is empty in a request."""
    cases = []
    for user, widget, channel, candidate, bucket in ROLLOUT_BUCKETS:
        for hundredths in (bucket, bucket + 1):
            value = {"stable": "0.0.0", "candidate": candidate, "percent": hundredths / 100}
            store = store_values({widget: a_widget({channel: value})})
            version = candidate if hundredths > bucket else "0.0.0"
            selector = channel if channel == "latest" else f"~{channel}"
            cases.append(
                redirected(
                    f"/{widget}/{selector}/x",
                    f"/{widget}/v{version}/x?user={_encoded(user)}",
                    store=store,
                    query={"user": [_encoded(user)]},
                    name=f"{user!a} below {hundredths} of {widget} {channel} {candidate}",
                )
            )
    for user, salt, bucket, token in FLAG_BUCKETS:
        cases += _identified(encode(user), salt, bucket, token, query={"user": [_encoded(user)]})
    return [case for case in cases if case.request.query["user"] != [""]]  # fmt: skip
