"""Each finding, by two small bundles that have it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edgeship.domain.releases.entry import Kind
from edgeship.domain.version import Version
from edgeship.domain.versioning.levels import Level
from edgeship.domain.versioning.surface.compare import LEVELS, compare_surfaces, smallest_bump
from edgeship.domain.versioning.surface.script import Deprecated, Element, Export, Script
from edgeship.domain.versioning.surface.surface import Bundle, surface_of

A, B = Export("a", 3, "first"), Export("b", 4, "second")
TIP = Element("x-tip", 7, {"open": 8})
SCRIPT = Script((A, B), (TIP,), {"x-change": 9})
OLD = Bundle(
    version=Version.parse("1.4.2"),
    entrypoint="widget.js",
    kind=Kind.MODULE,
    loaded=("widget.js",),
    sizes={"widget.js": 10_000, "style.css": 10, "chunk-BK3xQ9a1.js": 5, "README.md": 5},
    scripts={"widget.js": SCRIPT},
)


def with_script(**changed: object) -> Bundle:
    return replace(OLD, scripts={"widget.js": replace(SCRIPT, **changed)})  # type: ignore[arg-type]


def sizes(**changed: int | None) -> dict[str, int]:
    both = {**OLD.sizes, **{name.replace("__", "."): value for name, value in changed.items()}}
    return {name: value for name, value in both.items() if value is not None}


TYPES = Script((Export("a", 1, "a", None, is_type=True),))
CASES = {
    "file_gone": (replace(OLD, sizes=sizes(style__css=None)), "style.css", "style.css", 0),
    "file_hidden": (
        replace(OLD, package=b'{"exports": "./widget.js"}'),
        "style.css",
        "style.css",
        0,
    ),
    "entrypoint_changed": (
        replace(OLD, entrypoint="main.js", sizes=sizes(widget__js=None, main__js=10_000), scripts={"main.js": SCRIPT}),
        "main.js",
        "main.js",
        0,
    ),
    "entrypoint_moved": (
        replace(OLD, entrypoint="main.js", sizes=sizes(main__js=1), scripts={"main.js": SCRIPT, "widget.js": SCRIPT}),
        "main.js",
        "main.js",
        0,
    ),
    "kind_changed": (replace(OLD, kind=Kind.CLASSIC), "classic", "widget.js", 0),
    "export_gone": (with_script(exports=(B,)), "a", "widget.js", 3),
    "export_renamed": (with_script(exports=(replace(A, name="z"), B)), "a", "widget.js", 3),
    "export_type_only": (
        replace(
            OLD,
            sizes=sizes(widget__d__ts=1),
            scripts={"widget.js": replace(SCRIPT, exports=(B,)), "widget.d.ts": TYPES},
        ),
        "a",
        "widget.js",
        3,
    ),
    "element_gone": (with_script(elements=()), "x-tip", "widget.js", 7),
    "attribute_gone": (with_script(elements=(replace(TIP, attributes={}),)), "open", "widget.js", 8),
    "event_gone": (with_script(events={}), "x-change", "widget.js", 9),
    "export_added": (with_script(exports=(A, B, Export("c", 12, "third"))), "c", "widget.js", 12),
    "element_added": (with_script(elements=(TIP, Element("x-pop", 13, {}))), "x-pop", "widget.js", 13),
    "attribute_added": (with_script(elements=(replace(TIP, attributes={"open": 8, "at": 14}),)), "at", "widget.js", 14),
    "event_added": (with_script(events={"x-change": 9, "x-close": 15}), "x-close", "widget.js", 15),
    "deprecated": (with_script(deprecated=(Deprecated("a", 16, "use b"),)), "a", "widget.js", 16),
    "size_grown": (replace(OLD, sizes=sizes(widget__js=12_001)), "widget.js", "widget.js", 0),
    "not_read": (
        replace(OLD, scripts={**OLD.scripts, "chunk-BK3xQ9a1.js": None}),
        "chunk-BK3xQ9a1.js",
        "chunk-BK3xQ9a1.js",
        0,
    ),
}


@pytest.mark.parametrize("code", CASES)
def test_each_change_is_found_with_its_place(code: str) -> None:
    new, symbol, file, line = CASES[code]
    found = compare_surfaces(surface_of(OLD), surface_of(replace(new, version=Version.parse("1.5.0"))))
    of_code = [(f.symbol, f.place.file, f.place.line) for f in found if f.code == code]
    assert of_code == [(symbol, file, line)]
    assert smallest_bump(found) >= (LEVELS[code] or Level.PATCH)


@pytest.mark.parametrize("code", [code for code in CASES if code.endswith("_added")])
def test_what_is_added_there_is_gone_the_other_way(code: str) -> None:
    found = compare_surfaces(surface_of(CASES[code][0]), surface_of(OLD))
    assert [f.code for f in found] == [code.replace("added", "gone")]
    assert smallest_bump(found) is Level.MAJOR


def test_every_finding_has_a_case() -> None:
    assert LEVELS.keys() - CASES.keys() == {"still_deprecated", "no_longer_deprecated"}


def test_deprecations_say_since_when() -> None:
    deprecated = with_script(deprecated=(Deprecated("a", 16, "use b"),))
    later = replace(deprecated, version=Version.parse("1.5.0"))
    (found,) = compare_surfaces(surface_of(OLD), surface_of(later))
    assert found.text == "a is deprecated since 1.5.0: use b"
    (found,) = compare_surfaces(surface_of(deprecated), surface_of(later))
    assert (found.code, found.text) == ("still_deprecated", "a is deprecated, since 1.4.2 at the latest: use b")
    (found,) = compare_surfaces(surface_of(deprecated), surface_of(replace(OLD, version=later.version)))
    assert found.code == "no_longer_deprecated"


def test_nothing_changed_is_a_patch() -> None:
    rebuilt = replace(OLD, sizes=sizes(**{"chunk-BK3xQ9a1__js": None, "chunk-Zz81kQ0b__js": 5, "README__md": None}))
    assert compare_surfaces(surface_of(OLD), surface_of(rebuilt)) == []
    assert smallest_bump([]) is Level.PATCH


def test_exports_of_exports_are_followed_and_cycles_end() -> None:
    star = Script((Export("*", 1, "", "./more"), Export("*", 2, "", "other")))
    more = Script((Export("c", 5, "c"), Export("default", 6, "d"), Export("*", 7, "", "./widget.js")))
    bundle = replace(OLD, sizes=sizes(more__js=1), scripts={"widget.js": star, "more.js": more})
    names = surface_of(bundle).exports["widget.js"]
    assert {name: found.place.file for name, found in names.items()} == {"c": "more.js", "* from other": "widget.js"}


def test_only_what_exports_names_is_promised() -> None:
    package = b'{"exports": {".": {"import": "./widget.js"}, "./parts/*": "./parts/*.js", "./no/*": null}, '
    package += b'"style": "style.css"}'
    paths = dict.fromkeys(
        ("widget.js", "style.css", "inner.js", "parts/a.js", "parts/b/c.js", "no/a.js", "parts/a.d.ts"), 1
    )
    bundle = replace(OLD, sizes=paths, scripts={}, package=package)
    assert surface_of(bundle).files == {"widget.js", "style.css", "parts/a.js", "parts/b/c.js"}
