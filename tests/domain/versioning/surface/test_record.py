"""A surface that was kept is the surface that was read."""

from __future__ import annotations

from pathlib import Path

from edgeship.adapters.javascript.surface_process import UPLOAD_BOUNDS, ScriptSurfaces
from edgeship.domain.releases.entry import Kind
from edgeship.domain.version import Version
from edgeship.domain.versioning.surface.record import dump_surface, load_surface
from edgeship.domain.versioning.surface.surface import Bundle, surface_of

SCRIPTS = {
    "widget.js": b"""
/** @deprecated since 1.2: use open */
export function show() {}
export * from "./parts.js";
export { default as other } from "lib";
class Buy extends HTMLElement { static observedAttributes = ["price", "open"]; }
customElements.define("x-buy", Buy);
export const fire = () => new CustomEvent("bought");
""",
    "parts.js": "export const größe = 1;".encode(),
    "widget.d.ts": b"export interface Options { a: number }\nexport declare function show(): void;\n",
}


def test_a_surface_is_the_same_after_it_was_kept(tmp_path: Path) -> None:
    places = {}
    for path, source in SCRIPTS.items():
        places[path] = tmp_path / path
        places[path].write_bytes(source)
    here, apart = ScriptSurfaces(UPLOAD_BOUNDS).scripts(places), ScriptSurfaces().scripts(places)
    assert here == apart
    sizes = {path: len(source) for path, source in SCRIPTS.items()}
    surface = surface_of(Bundle(Version(1, 2, 0), "widget.js", Kind.MODULE, ("widget.js",), sizes, here))
    assert all((surface.elements, surface.attributes, surface.events, surface.deprecations, surface.types))
    content = dump_surface(surface)
    assert load_surface(content) == surface
    assert dump_surface(load_surface(content)) == content
    nothing = surface_of(Bundle(None, None, None, (), {}, {}))
    assert load_surface(dump_surface(nothing)) == nothing
