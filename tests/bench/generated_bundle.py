"""A bundle of 500 small text files, the same to the byte in every run.

The files keep their names from version to version and all of them change. Each version's files also differ in size
from every other's: the AWS CLI's sync tells files apart by size and time, so a file that changed without changing
size would not be rolled back by the peer, and the comparison would be of unequal work.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

ENTRYPOINT = "widget.js"
FILES = 500
MEAN_BYTES = 10 * 1024

_WORDS = ("const", "return", "function", "await", "append(node)", "=> {", "};", "width:100%", "fill", "d M12 h24")
_STATEMENTS = (
    "const step = 3;",
    "append(node);",
    "function width() { return 100; }",
    "items.map((item) => item.name);",
    "await fill();",
    "path = 'M12 h24';",
)
"""Of scripts: an upload parses them, and what is no script takes a parser three times as long."""
_EXPORT = b"\nexport { width as default };\n"
"""At the end of each chunk, as bundlers write it: an upload reads what it offers."""
_COMMENTS = {".js": ("/*", "*/"), ".css": ("/*", "*/"), ".svg": ("<!--", "-->")}


def names() -> list[str]:
    """The bundle's paths: the entrypoint, 249 scripts, 50 style sheets and 200 icons."""
    scripts = [f"js/chunk-{n:03}.js" for n in range(249)]
    styles = [f"css/theme-{n:02}.css" for n in range(50)]
    icons = [f"icons/icon-{n:03}.svg" for n in range(200)]
    return [ENTRYPOINT, *scripts, *styles, *icons]


def contents(patch: int) -> Iterator[tuple[str, bytes]]:
    """The files of version 1.0.<patch>, about 5 MB in all."""
    for name in names():
        dice = random.Random(name)
        size = dice.randint(MEAN_BYTES // 10, 2 * MEAN_BYTES - MEAN_BYTES // 10)
        words = " ".join(dice.choices(_STATEMENTS if name.endswith(".js") else _WORDS, k=size // 6))
        opening, closing = _COMMENTS[Path(name).suffix]
        body = f"{opening} 1.0.{patch} {'.' * patch} {closing}\n{words}".encode()[: size + patch]
        yield name, body + _EXPORT if name.startswith("js/") else body


def write(folder: Path, patch: int) -> dict[str, bytes]:
    """Write version 1.0.<patch> into `folder`; what was written, by path."""
    written = dict(contents(patch))
    for name, body in written.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    return written
