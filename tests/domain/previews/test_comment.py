"""The comment on a pull request."""

from __future__ import annotations

from edgeship.domain.previews.comment import comment, marker
from edgeship.domain.previews.comparison import Comparison
from edgeship.domain.releases.contents.surface_check import SurfaceCheck
from edgeship.domain.version import Version
from tests.domain.previews.samples import a_preview

SITE = "https://d2.cloudfront.net"


def check(*findings: str, count: int = 0, why_not: str | None = None) -> SurfaceCheck:
    return SurfaceCheck(Version.parse("1.4.2"), "major" if findings else "patch", None, findings, count, why_not)


def test_the_comment_has_all_that_a_reviewer_asks() -> None:
    preview = a_preview(
        git_commit="9fceb02",
        total_bytes=84_100,
        entry_bytes=40_000,
        comparison=Comparison(4, 80_000, 41_000, check("widget.js:3: no longer exports `open`", count=3)),
    )
    assert comment(SITE, "checkout", preview).splitlines() == [
        "<!-- edgeship preview checkout pr-1 -->",
        "**Preview of checkout: pr-1**",
        "",
        "https://d2.cloudfront.net/checkout/preview/pr-1/widget.js",
        "",
        "```html",
        '<script type="module" src="https://d2.cloudfront.net/checkout/preview/pr-1/widget.js"></script>',
        "```",
        "",
        "| | this build | 1.4.2 (stable) | change |",
        "|---|---|---|---|",
        "| 2 files | 84.1 kB | 80.0 kB | +4.1 kB (+5.1%) |",
        "| `widget.js` | 40.0 kB | 41.0 kB | -1.0 kB (-2.4%) |",
        "",
        "API: compared with 1.4.2, the next release is major.",
        "",
        "- `widget.js:3: no longer exports 'open'`",
        "- and 2 more",
        "",
        "Commit `9fceb02`. Expires at 2026-11-30 10:00 UTC.",
    ]


def test_a_build_leaves_no_code_span() -> None:
    hostile = "x` <img src=//evil> [click](//evil)\n# title"
    preview = a_preview(comparison=Comparison(1, 1, None, check(hostile, count=1)), git_commit=hostile)
    text = comment(SITE, "checkout", preview)
    assert "x' <img src=//evil> [click](//evil)\\n# title`" in text
    assert "\n# title" not in text


def test_what_has_nothing_to_be_compared_with_says_so() -> None:
    assert "No release is stable" in comment(SITE, "checkout", a_preview())
    preview = a_preview(comparison=Comparison(1, 0, None, check(why_not="the surface of 1.4.2 was not kept")))
    assert "API: not compared with 1.4.2: `the surface of 1.4.2 was not kept`." in comment(SITE, "checkout", preview)


def test_the_next_comment_is_known_by_the_first_line() -> None:
    assert comment(SITE, "checkout", a_preview()).startswith(marker("checkout", "pr-1") + "\n")
