"""The code of the CloudFront Functions: functions/router, joined and minified."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import rjsmin  # type: ignore[import-untyped]

from infra.javascript_subset import outside_subset

FOLDER: Final = "functions/router"
ROUTER: Final = ("path.js", "query.js", "identity.js", "store.js", "choice.js", "answers.js", "handler.js")
EXACT: Final = ("encoded.js", "exact.js")
MOVING_HEADERS: Final = ("moving_headers.js",)
TOKEN: Final = ("store.js", "token.js")
PREVIEW: Final = ("path.js", "query.js", "store.js", "answers.js", "preview.js")
STUB: Final = "stub.min.js"
TRUSTED_TYPES: Final = "trusted_types.js"
IMPORTS: Final = "import cf from 'cloudfront';\nimport crypto from 'crypto';\n"
PLAIN_ORIGIN: Final = "site"
ENCODED_ORIGIN: Final = "encoded-"
"""And the content codings that a viewer takes; functions/router/encoded.js has both."""
MAX_CODE_BYTES: Final = 10 * 1024
"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions"""


class NotInSubset(Exception):
    """The source uses what a CloudFront Function does not have; the message names it, and the file."""


def router_code(
    root: Path, *, root_widget: str | None, pointer_max_age: int, exposed_headers: str, scheme: str = "https"
) -> str:
    """The code of the router, of the project at `root`. The same source and options give the same code.

    `scheme` is that of the CDN's URLs: a worker can't resolve one without.

    Raises:
        NotInSubset: see there; or the code is too long.
    """
    config = {
        "rootWidget": root_widget or "",
        "movingCacheControl": f"public, max-age={pointer_max_age}",
        "exposedHeaders": exposed_headers,
        "scheme": scheme,
    }
    return IMPORTS + _joined(root, ROUTER, {"CONFIG": config, **_scripts(root)})


def preview_code(root: Path, *, exposed_headers: str, scheme: str = "https") -> str:
    """The code of the function of the previews' distribution. Nothing keeps what a path that moves leads to.

    Raises:
        NotInSubset: see there; or the code is too long.
    """
    config = {
        "rootWidget": "",
        "movingCacheControl": "no-store",
        "exposedHeaders": exposed_headers,
        "scheme": scheme,
    }
    return IMPORTS + _joined(root, PREVIEW, {"CONFIG": config, **_scripts(root)})


def _scripts(root: Path) -> dict[str, str]:
    """The scripts that are in answers."""
    stub = (root / FOLDER / STUB).read_text("utf-8").strip()
    policy = str(rjsmin.jsmin((root / FOLDER / TRUSTED_TYPES).read_text("utf-8")))
    return {"STUB": stub, "TRUSTED_TYPES": policy}


def exact_code(root: Path) -> str:
    """The code of the function on exact paths.

    Raises:
        NotInSubset: see there.
    """
    return IMPORTS + _joined(root, EXACT, {})


def moving_headers_code(root: Path, *, pointer_max_age: int) -> str:
    """The code of the function that says how long browsers may keep what is served in place.

    Raises:
        NotInSubset: see there.
    """
    return _joined(root, MOVING_HEADERS, {"CONFIG": {"pointerMaxAge": pointer_max_age}})


def token_code(root: Path) -> str:
    """The code of the function that signs the tokens of page views.

    Raises:
        NotInSubset: see there.
    """
    return IMPORTS + _joined(root, TOKEN, {})


def check_subset(name: str, source: str) -> None:
    """
    Raises:
        NotInSubset: see there.
    """
    found = next(outside_subset(source), None)
    if found is not None:
        raise NotInSubset(f"{FOLDER}/{name} uses {found}, which a CloudFront Function does not have")


def _joined(root: Path, names: tuple[str, ...], constants: Mapping[str, Any]) -> str:
    sources = {name: (root / FOLDER / name).read_text("utf-8") for name in names}
    for name, source in sources.items():
        check_subset(name, source)
    stated = [f"const {name} = {json.dumps(value)};" for name, value in constants.items()]
    code = str(rjsmin.jsmin("\n".join([*stated, *sources.values()]))) + "\n"
    if len((IMPORTS + code).encode()) > MAX_CODE_BYTES:
        raise NotInSubset(f"the function of {names[-1]} has {len(code):,} bytes, and at most {MAX_CODE_BYTES:,} may be")
    return code
