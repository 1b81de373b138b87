"""What modules, custom elements and declarations offer, as bundlers write them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from edgeship.adapters.javascript import surface_process
from edgeship.adapters.javascript.surface_process import Bounds, ScriptSurfaces
from edgeship.adapters.javascript.surface_tree import Grammar, script_surface
from edgeship.domain.versioning.surface.script import Deprecated, Element, Export, Script


def read(source: str, grammar: Grammar = "javascript") -> Script:
    found = script_surface(source.encode(), grammar)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("source", "exports"),
    [
        ("export function a() {}", [Export("a", 1, "a")]),
        ("export async function* a() {}", [Export("a", 1, "a")]),
        ("\nexport class A {}", [Export("A", 2, "A")]),
        (
            "export const {a, b: [c = 1, ...d], ...e} = f, g = 1;",
            [Export(name, 1, name) for name in ("a", "c", "d", "e", "g")],
        ),
        (
            "const a = 1;\nexport {\n  a as b,\n  a as default,\n  a as 'c-d' };",
            [Export("b", 3, "a"), Export("default", 4, "a"), Export("c-d", 5, "a")],
        ),
        (
            "export { a, default, default as b } from './m.js'",
            [
                Export("a", 1, "a", "./m.js"),
                Export("default", 1, "default", "./m.js"),
                Export("b", 1, "default", "./m.js"),
            ],
        ),
        (
            "export * from './a.js'; export * as b from 'c';",
            [Export("*", 1, "", "./a.js"), Export("b", 1, "", "c")],
        ),
        ("const a = 1; export default a;", [Export("default", 1, "a")]),
        ("export default class A extends B {}", [Export("default", 1, "A")]),
        ("export default () => 1", [Export("default", 1)]),
        ("var t=1;export{t as mount};", [Export("mount", 1, "t")]),
        ("// export const a = 1;\nvar b = `export const c = 1`; ({ export: 1 }); exports.d = 1;", []),
    ],
)
def test_exports_of_modules(source: str, exports: list[Export]) -> None:
    assert list(read(source).exports) == exports


@pytest.mark.parametrize(
    ("source", "types"),
    [
        ("export declare function a(): void; export declare const b: number;", {"a": False, "b": False}),
        ("export interface A {} export type B = 1; export enum C {}", {"A": True, "B": True, "C": False}),
        ("export type { A } from './a'; export { type B, C };", {"A": True, "B": True, "C": False}),
        ("export default interface A {}", {"default": True}),
        ("export abstract class A {} export declare class B {}", {"A": False, "B": False}),
    ],
)
def test_exports_of_declarations(source: str, types: dict[str, bool]) -> None:
    assert {export.name: export.is_type for export in read(source, "typescript").exports} == types


ELEMENTS = """
class Tip extends HTMLElement {
  static get observedAttributes() { return ['open', "place"]; }
}
customElements.define('x-tip', Tip);
window.customElements.define("x-pop", class extends HTMLElement {
  static observedAttributes = ['at'];
});
const Menu = class extends HTMLElement { static observedAttributes = ['label']; };
n.define("x-menu", Menu);
let Lit = class extends Base {};
Lit = __decorate([customElement('x-lit')], Lit);
define('not-one', Tip); registry.define('not-two', ['a']); other.define('Not-three', Tip); other.define('four', Tip);
"""


def test_custom_elements_and_what_they_observe() -> None:
    assert read(ELEMENTS).elements == (
        Element("x-tip", 5, {"open": 3, "place": 3}),
        Element("x-pop", 6, {"at": 7}),
        Element("x-menu", 10, {"label": 9}),
        Element("x-lit", 12, {}),
    )


def test_events_that_are_made() -> None:
    source = (
        "a.dispatchEvent(new CustomEvent('x-change', {}));\nb(new Event(\"input\")); new Event(c); new MyEvent('d');"
    )
    assert read(source).events == {"x-change": 1, "input": 2}


DEPRECATED = """
/** Old.
 * @deprecated since 2.1.0, use
 * b instead
 * @param x none */
export function a() {}
export class A {
  /** @deprecated */
  m() {}
  /** @deprecated no field */
  static f = 1;
}
/** @deprecated Use d. */
const c = 1;
/* @deprecated is no documentation */
const e = 1;
const t = "/** @deprecated */";
/** @deprecated at the end */
"""


def test_deprecations() -> None:
    assert read(DEPRECATED).deprecated == (
        Deprecated("a", 3, "since 2.1.0, use b instead"),
        Deprecated("A.m", 8, ""),
        Deprecated("A.f", 10, "no field"),
        Deprecated("c", 13, "Use d."),
    )
    declared = "export interface O {\n  /** @deprecated */\n  old?: string;\n}\n"
    declared += "/** @deprecated x */\nexport declare const v: 1;"
    assert read(declared, "typescript").deprecated == (Deprecated("O.old", 2, ""), Deprecated("v", 5, "x"))


def test_scripts_are_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    places = {name: tmp_path / name for name in ("widget.js", "widget.d.ts", "empty.js", "no.js")}
    places["widget.js"].write_text(ELEMENTS + DEPRECATED)
    places["widget.d.ts"].write_text("export interface A {}")
    places["empty.js"].write_text("")
    places["no.js"].write_bytes(b"\xff\x00\x89PNG")
    assert ScriptSurfaces().scripts(places) == {
        "widget.js": read(ELEMENTS + DEPRECATED),
        "widget.d.ts": Script((Export("A", 1, "A", None, is_type=True),), (), {}),
        "empty.js": Script((), (), {}),
        "no.js": Script((), (), {}),
    }
    assert ScriptSurfaces().scripts({}) == {}


def test_a_script_that_is_too_large_or_that_the_process_dies_at_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = {name: tmp_path / f"{name}.js" for name in ("first", "gone", "last", "large")}
    for name, place in places.items():
        place.write_text(f"export const {name} = 1;")
    places["large"].write_text("//" + "x" * 50)
    real = surface_process._read_apart

    def dies_at_gone(found: Sequence[Path], *bounds: Any) -> list[Script | None]:
        return real(found[: found.index(places["gone"])] if places["gone"] in found else found, *bounds)

    monkeypatch.setattr(surface_process, "_read_apart", dies_at_gone)
    read_ones = ScriptSurfaces(Bounds(script_bytes=50)).scripts(places)
    assert {name for name, script in read_ones.items() if script is not None} == {"first", "last"}


@pytest.mark.nightly
@pytest.mark.parametrize(
    "source", ["[" * 60_000, "/** @deprecated */" * 5_000, "class A {" * 5_000, "export {" * 5_000]
)
def test_hostile_scripts_end(source: str) -> None:
    script_surface(source.encode(), "javascript")
    script_surface(source.encode(), "typescript")
