"""Writes the table of registered media types from mime-db, at a pinned version with a checked hash.

Run it: `python -m tests.domain.releases.write_media_types`. To take a newer version, change the three constants.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from textwrap import fill
from typing import Any

from tests.support.repository import ROOT

VERSION = "1.54.0"
URL = f"https://registry.npmjs.org/mime-db/-/mime-db-{VERSION}.tgz"
SHA512 = (
    "694e4426e20dd960de982700a76bc505fa7f9b810085626750d492c348b1b3bf"
    "e45db77a3e0eb8126c0990d745841f1a5add6c1f60935eb2f1a3f880195de83d"
)
TABLE = ROOT / "src/edgeship/domain/releases/registered_types.py"
_SOURCES = ("iana", "apache", "nginx", None)
HEAD = f'''"""Extensions of registered media types, written by tests/domain/releases/write_media_types.py.

Source: mime-db {VERSION} (https://github.com/jshttp/mime-db), which gathers IANA's registry and Apache's and
nginx's tables. Copyright 2014 Jonathan Ong, 2015-2022 Douglas Christopher Wilson; MIT licence.
Of vendors' types those that web servers have an opinion on. Each line begins with a type; its extensions follow it.
"""

'''


def database() -> dict[str, dict[str, Any]]:
    with urllib.request.urlopen(URL, timeout=60) as answer:
        archive = answer.read()
    assert hashlib.sha512(archive).hexdigest() == SHA512
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        body = files.extractfile("package/db.json")
        assert body is not None
        found: dict[str, dict[str, Any]] = json.load(body)
        return found


def chosen(types: dict[str, dict[str, Any]]) -> dict[str, str]:
    """The type of each extension. Of several, that of the better source, and there no vendor's if possible."""
    best: dict[str, str] = {}
    for name, about in sorted(types.items(), key=_rank):
        vendors = name.startswith(("application/vnd.", "application/x-", "application/prs."))
        if not vendors or "compressible" in about:
            for extension in about.get("extensions", ()):
                best.setdefault(extension, name)
    return best


def table(best: dict[str, str]) -> str:
    by_type: dict[str, list[str]] = {}
    for extension, name in sorted(best.items()):
        by_type.setdefault(name, []).append(extension)
    lines = (fill(f"{name} {' '.join(extensions)}", 118) for name, extensions in sorted(by_type.items()))
    return HEAD + 'TABLE = """\n' + "\n".join(_packed(lines)) + '\n"""\n'


def _packed(entries: Iterator[str]) -> Iterator[str]:
    """Several types a line, with `;` between them."""
    line = ""
    for entry in entries:
        if line and len(line) + len(entry) + 2 > 120:
            yield line
            line = ""
        line = f"{line}; {entry}" if line else entry
    yield line


def _rank(entry: tuple[str, dict[str, Any]]) -> tuple[int, bool, bool, str]:
    name, about = entry
    vendors = name.startswith(("application/vnd.", "application/x-", "application/prs.")) or "/x-" in name
    return _SOURCES.index(about.get("source")), vendors, name.startswith("application/"), name


if __name__ == "__main__":
    TABLE.write_text(table(chosen(database())))
