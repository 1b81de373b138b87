"""What the author of a script says about its kind where a parse can't: by its name, then by `package.json`."""

from __future__ import annotations

import re

from edgeship.domain.releases.contents.package_json import Package
from edgeship.domain.releases.entry import Kind

# As bundlers and libraries write them: `chart.umd.js`, `umd/chart.js`, `dist/esm/chart.js`.
_CLASSIC = re.compile(r"(^|/)(umd|iife)/|\.(umd|iife|global)\.", re.IGNORECASE)
_MODULE = re.compile(r"(^|/)esm/|\.(esm|module)\.", re.IGNORECASE)


def kind_hint(path: str, package: Package | None) -> Kind | None:
    """The kind of a `.js` file that was not read whole; None where neither its name nor its package says it.

    A name that says both says nothing. `module` and the conditions `import` and `module` of `exports` name ES modules.
    What `main` names, Node.js loads as CommonJS unless `type` is `module`: so it is no ES module, and browsers load it
    as a classic script, if at all.
    """
    by_name = [kind for names, kind in ((_CLASSIC, Kind.CLASSIC), (_MODULE, Kind.MODULE)) if names.search(path)]
    if by_name:
        return by_name[0] if len(by_name) == 1 else None
    if package is None:
        return None
    if path in package.modules:
        return Kind.MODULE
    return Kind.CLASSIC if path in package.common_js else None
