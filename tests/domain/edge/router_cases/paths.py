"""What paths mean, whoever asks."""

from __future__ import annotations

from dataclasses import replace

from edgeship.domain.edge.route_values import store_values
from edgeship.domain.edge.router import MAX_URI_LENGTH, REVISION_KEY
from tests.domain.edge.earlier_values import earlier
from tests.domain.edge.router_cases.case import HASH, STORE, a_widget, case_of, goes_on, no_path, redirected, unknown

CHANNELS_AND_RANGES = [
    redirected("/checkout/latest/widget.js", "/checkout/v1.4.2/widget.js"),
    redirected("/checkout/latest/img/a/b.svg", "/checkout/v1.4.2/img/a/b.svg"),
    redirected("/checkout/~next/widget.js", "/checkout/v2.0.0-beta.1/widget.js"),
    redirected("/checkout/~1/widget.js", "/checkout/v1.4.2/widget.js"),
    redirected("/checkout/~1.3/widget.js", "/checkout/v1.3.9/widget.js"),
    redirected("/checkout/~0/widget.js", "/checkout/v0.9.0/widget.js"),
    redirected("/checkout/~12.10/widget.js", "/checkout/v12.10.1/widget.js"),
    redirected("/checkout/latest/", "/checkout/v1.4.2/"),
    redirected("/checkout/latest//x.js", "/checkout/v1.4.2//x.js"),
    redirected("/checkout/latest/latest/~1/x.js", "/checkout/v1.4.2/latest/~1/x.js"),
    redirected("/checkout/latest/v9.9.9/x.js", "/checkout/v1.4.2/v9.9.9/x.js"),
    redirected("/checkout/~constructor/x.js", "/checkout/v1.3.9/x.js"),
    redirected("/constructor/latest/x.js", "/constructor/v7.0.0/x.js"),
    redirected("/checkout/latest/widget.js", "/checkout/v1.4.2/widget.js", method="HEAD", name="HEAD"),
    goes_on("/chat/latest/widget.js", "/chat/v0.1.0/widget.js", 1),
    goes_on("/chat/~0.1/a/b.css", "/chat/v0.1.0/a/b.css", 1),
    goes_on("/chat/latest/", "/chat/v0.1.0/", 1),
    goes_on("/chat/latest/x.js", "/chat/v0.1.0/x.js", 1, name="in place, with a query", query={"a": ["1"]}),
    redirected("/player/latest/other.js", "/player/v3.0.0/other.js"),
    redirected("/player/latest/js/player.js.map", "/player/v3.0.0/js/player.js.map"),
    redirected("/player/latest/js%2Fplayer.js", "/player/v3.0.0/js%2Fplayer.js"),
    *(
        case_of(
            f"/player/{selector}/js/player.js",
            ["insert", f"/player/v3.0.0/js/player.js{search}", "3.0.0", f"sha256-{HASH}="],
            1,
            query=query,
            name=f"the entry of a classic script, {selector}{search}",
        )
        for selector, query, search in [
            ("latest", {}, ""),
            ("~3", {}, ""),
            ("latest", {"a": ["1", "2"], "user": ["bob"]}, "?a=1&a=2&user=bob"),
            ("latest", {"a": [")(1)(", "$&", "'"]}, "?a=)(1)(&a=$&&a='"),
        ]
    ),
]

EXPORTED = [
    *(
        case_of(
            f"/{widget}/{selector}/es/chart.js",
            ["reexport", f"/{widget}/v1.2.0/es/chart.js", "1.2.0", default],
            1,
            query=query,
            name=f"the entry of a module that its scripts import, {widget} {selector} {query}",
        )
        for widget, default in [("chart", ""), ("chart-default", "default")]
        for selector in ("latest", "~1")
        for query in ({}, {"user": ["bob"], "a": [")(1)(", '"']})
    ),
    case_of(
        "/chart/latest/es/chart.js", ["reexport", "/chart/v1.2.0/es/chart.js", "1.2.0", ""], 1, method="HEAD",
        name="the entry of a module, HEAD"),
    redirected("/chart/latest/es/lazy.js", "/chart/v1.2.0/es/lazy.js"),
    redirected("/chart/latest/chart.js", "/chart/v1.2.0/chart.js"),
    redirected("/chart/latest/es%2Fchart.js", "/chart/v1.2.0/es%2Fchart.js"),
]  # fmt: skip

_MIXED = {
    "mixed": {
        **a_widget({"latest": "1.0.0", "a": "2.0.0", "b": "3.0.0", "c": "4.0.0", "d": "5.0.0"}),
        "releases": {
            "1.0.0": [],
            "2.0.0": ["w.js", HASH],
            "3.0.0": ["w.js", "*"],
            "4.0.0": ["other/w.js", "*default"],
            "5.0.0": [1],
        },
    }
}
ENTRYPOINTS = [
    case_of(f"/mixed/{selector}/{file}", told, 1, store=store_values(_MIXED))
    for selector, file, told in [
        ("latest", "w.js", ["redirect", "/mixed/v1.0.0/w.js", "1.0.0"]),
        ("~a", "w.js", ["insert", "/mixed/v2.0.0/w.js", "2.0.0", f"sha256-{HASH}="]),
        ("~a", "other/w.js", ["redirect", "/mixed/v2.0.0/other/w.js", "2.0.0"]),
        ("~b", "w.js", ["reexport", "/mixed/v3.0.0/w.js", "3.0.0", ""]),
        ("~c", "other/w.js", ["reexport", "/mixed/v4.0.0/other/w.js", "4.0.0", "default"]),
        ("~c", "w.js", ["redirect", "/mixed/v4.0.0/w.js", "4.0.0"]),
        ("~d", "w.js", ["go", "/mixed/v5.0.0/w.js"]),
    ]
]

_DEEP = "channel-39"
SPILLED = [
    redirected("/many/latest/x.js", "/many/v1.0.0/x.js"),
    redirected("/many/~channel-00/x.js", f"/many/v1.0.0-{'long' * 12}/x.js"),
    redirected(f"/many/~{_DEEP}/x.js", f"/many/v1.39.0-{'long' * 12}/x.js", 2),
    redirected("/many/~1/x.js", "/many/v1.0.0/x.js", 2),
    redirected("/many/~0.59/x.js", "/many/v0.59.7/x.js", 2),
    redirected("/many/~0.0/x.js", "/many/v0.0.7/x.js", 2),
    unknown("channel", "/many/~ghost/x.js", 'Widget "many" has no channel "ghost".', 2),
    unknown("range", "/many/~0.60/x.js", 'Widget "many" has no live release in the range "0.60".', 2),
]

UNKNOWN = [
    unknown("widget", "/chekout/latest/x.js", 'There is no widget "chekout".', 2),
    unknown("widget", "/idle/latest/x.js", 'There is no widget "idle".', 2),
    unknown("widget", "/valueof/~1/x.js", 'There is no widget "valueof".', 2),
    unknown("widget", "/edgeship/~t/x.js", 'There is no widget "edgeship".', 2),
    unknown("widget", "/latest/~1/x.js", 'There is no widget "latest".', 2),
    unknown("channel", "/checkout/~beta/x.js", 'Widget "checkout" has no channel "beta".', 1),
    unknown("channel", "/checkout/~tostring/x.js", 'Widget "checkout" has no channel "tostring".', 1),
    unknown("channel", "/chat/~constructor/x.js", 'Widget "chat" has no channel "constructor".', 1),
    unknown("range", "/checkout/~2/x.js", 'Widget "checkout" has no live release in the range "2".', 1),
    unknown("range", "/checkout/~1.40/x.js", 'Widget "checkout" has no live release in the range "1.40".', 1),
]

EXACT = [
    goes_on("/checkout/v1.0.0/widget.js"),
    goes_on("/checkout/v1.0.0/"),
    goes_on("/checkout/v1.0.0/assets/latest/x.js"),
    goes_on("/checkout/v1.0.0/latest/x"),
    goes_on("/checkout/v1.0.0/~1/x"),
    goes_on("/checkout/v1.0.0-rc.1/a%20b%7E%c3%a9.js"),
    goes_on("/checkout/v0.0.0-0a.-.x-y/x.js"),
    goes_on("/nobody/v99999999999999999999.0.0/x.js"),
    goes_on("/checkout/v1.0.0/x.js", query={"a": ["1"]}, name="exact, with a query"),
    goes_on("/checkout/v1.0.0/x.js", store={}, name="exact, and an empty store"),
]

ONE_SPELLING = [
    *(
        no_path(uri)
        for uri in (
            *("/checkout/~latest/x.js", "/checkout/%6Catest/x.js", "/checkout/l%61test/x.js", "/checkout/LATEST/x.js"),
            *("/checkout/%7E1/x.js", "/checkout/%7e1%2e3/x.js", "/checkout/%257E1/x.js", "/checkout/~%31/x.js"),
            *("/%63heckout/latest/x.js", "/Checkout/latest/x.js", "/-checkout/latest/x.js", "/checkout-/latest/x.js"),
            *("//checkout/latest/x.js", "/checkout//latest/x.js", "/checkout/./latest/x.js", "/./checkout/latest/x.js"),
            *("/checkout/x/../latest/x.js", "/../latest/x.js", "/%2e%2e/latest/x.js", "/checkout/%76" + "1.0.0/x.js"),
            *("/checkout%2Flatest/x.js", "/checkout/latest%2Fx.js", "/checkout/latest;/x.js", "/checkout/latest+/x.js"),
            *("/checkout/~/x.js", "/checkout/~../x.js", "/checkout/~1.4.2/x.js", "/checkout/~01/x.js"),
            *("/checkout/~1./x.js", "/checkout/~.1/x.js", "/checkout/~1.04/x.js", "/checkout/~-1/x.js"),
            *("/checkout/~Next/x.js", "/checkout/~ne_xt/x.js", "/checkout/~__proto__/x.js", "/__proto__/latest/x.js"),
            *("/checkout/v1.0/x.js", "/checkout/v1/x.js", "/checkout/1.0.0/x.js", "/checkout/V1.0.0/x.js"),
            *("/checkout/v01.0.0/x.js", "/checkout/v1.0.0-01/x.js", "/checkout/v1.0.0-/x.js", "/checkout/v1.0.0+/x.js"),
            *("/checkout/latest", "/checkout/~1", "/checkout/v1.0.0", "/checkout/", "/checkout", "/", "//", "///"),
            *("/latest/widget.js", "/~1/widget.js", "/v1.2.3/widget.js", "/favicon.ico", "/robots.txt", "/health/x"),
            *("/checkout/latestx/x.js", "/checkout/xlatest/x.js", "/checkout/la/test/x.js"),
            *(f"/checkout/~{'x' * 33}/x.js", f"/{'x' * 64}/latest/x.js"),
        )
    ),
    no_path("", name="no path at all"),
    no_path("*"),
    no_path("/checkout/~1%0A/x.js"),
    no_path("/checkout/latest%0A/x.js"),
    no_path("/checkout/~\u0661/x.js", quoted='"/checkout/~?/x.js"'),
    no_path('/"\\\x7f\u00e9', quoted=r'"/\"\\??"'),
    no_path("/" + "a" * 199, quoted='"/' + "a" * 199 + '"'),
    no_path("/" + "a" * 200, quoted='"/' + "a" * 199 + '..."'),
    redirected(f"/checkout/~{'x' * 32}/x.js", "/checkout/v1.0.0/x.js", store=store_values(
        {"checkout": a_widget({"x" * 32: "1.0.0"})})),
    redirected(f"/{'x' * 63}/latest/x.js", f"/{'x' * 63}/v1.0.0/x.js", store=store_values(
        {"x" * 63: a_widget({"latest": "1.0.0"})})),
]  # fmt: skip

CLIMBING = [
    *(
        unknown(
            "file",
            prefix + file,
            f'No release of widget "checkout" can have a file "{file.replace(chr(92), chr(92) * 2)}".',
            root=root,
            name=f"{prefix}{file}, root {root}",
        )
        for file in (
            *("..", "../x.js", "a/../../v1.0.0/x.js", "a/..", "%2e%2e/x.js", "%2E./x.js", "..%2Fx.js", "a%2f..%2fx.js"),
            *("..\\x.js", "a%5C%2e%2e%5cx.js"),
        )
        for prefix, root in (
            *(("/checkout/latest/", None), ("/checkout/v1.2.3/", None)),
            *(("/~1/", "checkout"), ("/v1.2.3/", "checkout")),
        )
    ),
    *(
        redirected(f"/checkout/latest/{file}", f"/checkout/v1.4.2/{file}")
        for file in ("a..b.js", "...", ".well-known", "/x.js", "./x.js", "%252e%252e/x.js", "100%.js", "%", "..%")
    ),
]

_LONGEST = "x" * (MAX_URI_LENGTH - len("/checkout/v1.4.2/"))
_CUT = "x" * 200 + "..."
TOO_LONG = [
    redirected(f"/checkout/latest/{_LONGEST}", f"/checkout/v1.4.2/{_LONGEST}"),
    unknown("file", f"/checkout/latest/{_LONGEST}x", f'No release of widget "checkout" can have a file "{_CUT}".', 1),
    goes_on(f"/chat/latest/{_LONGEST}xxxx", f"/chat/v0.1.0/{_LONGEST}xxxx", 1),
    unknown("file", f"/chat/latest/{_LONGEST}xxxxx", f'No release of widget "chat" can have a file "{_CUT}".', 1),
]

ROOT = [
    replace(case, root="checkout", name=f"{case.name} of the root widget")
    for case in [
        redirected("/latest/widget.js", "/checkout/v1.4.2/widget.js"),
        redirected("/~1/widget.js", "/checkout/v1.4.2/widget.js"),
        redirected("/~1.3/widget.js", "/checkout/v1.3.9/widget.js"),
        redirected("/~next/", "/checkout/v2.0.0-beta.1/"),
        redirected("/latest/latest/x.js", "/checkout/v1.4.2/latest/x.js"),
        redirected("/latest/v1.0.0/x.js", "/checkout/v1.4.2/v1.0.0/x.js"),
        goes_on("/v1.2.3/widget.js", "/checkout/v1.2.3/widget.js"),
        goes_on("/v1.2.3/assets/latest/x.js", "/checkout/v1.2.3/assets/latest/x.js"),
        goes_on("/v1.2.3-rc.1/x.js", "/checkout/v1.2.3-rc.1/x.js"),
        redirected("/checkout/latest/widget.js", "/checkout/v1.4.2/widget.js"),
        goes_on("/chat/latest/widget.js", "/chat/v0.1.0/widget.js", 1),
        goes_on("/chat/v0.1.0/latest/widget.js"),
        unknown("range", "/~9/widget.js", 'Widget "checkout" has no live release in the range "9".', 1),
        unknown("channel", "/~ghost/x.js", 'Widget "checkout" has no channel "ghost".', 1),
        unknown("widget", "/v1/latest/x.js", 'There is no widget "v1".', 2),
        *(
            no_path(uri)
            for uri in (
                *("/%7E1.3/widget.js", "/~latest/x.js", "/vendor/x.js", "/v1.2/x.js", "/latest", "/v1.2.3", "/~1", "/"),
                *("//latest/x.js", "/LATEST/x.js"),
            )
        ),
    ]
]

EARLIER = [
    replace(case, store=earlier(case.store), name=f"{case.name}, as the store was before")
    for case in [*CHANNELS_AND_RANGES, *SPILLED]
]

NOT_FILLED = [
    goes_on("/checkout/latest/x.js", "/_latest/checkout/x.js", 2, store={}, name="a store that is not filled"),
    goes_on("/nobody/~next/a/b.js", reads=2, store={}, name="a store that is not filled, and any widget"),
    goes_on("/latest/x.js", "/_latest/checkout/x.js", 2, store={}, root="checkout", name="not filled, the root widget"),
    unknown("file", "/checkout/latest/../x", 'No release of widget "checkout" can have a file "../x".', store={}),
    no_path("/checkout/~latest/x.js", store={}, name="not filled, and another spelling"),
    unknown("widget", "/a/latest/x.js", 'There is no widget "a".', 2, store={REVISION_KEY: "0"}, name="unfinished"),
    goes_on("/checkout/latest/x.js", "/_latest/checkout/x.js", 2, broken=True, name="a store that is broken"),
    goes_on("/ab/~targeted/x.js", reads=2, broken=True, name="a store that is broken, and target users"),
    goes_on("/~1/x.js", "/checkout/~1/x.js", 2, broken=True, root="checkout", name="broken, the root widget"),
    goes_on("/checkout/v1.0.0/x.js", broken=True, name="a store that is broken, and an exact path"),
]

POLICY = [
    case_of("/edgeship/~t/", ["policy"], 0, root=root, store=store, broken=broken, name=f"policy, {root}, {name}")
    for root in (None, "checkout")
    for name, store, broken in (("filled", STORE, False), ("not filled", {}, False), ("broken", STORE, True))
]

OPTIONS = [
    case_of(uri, ["preflight"], 0, method="OPTIONS", name=f"{uri}{' broken' * broken}", broken=broken)
    for uri in ("/checkout/latest/x.js", "/checkout/v1.0.0/x.js", "/edgeship/~t/", "/", "*", "/a/../b")
    for broken in (False, True)
]
