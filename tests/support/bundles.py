"""Archives for tests, honest and hostile, made in memory."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from typing import Any

WIDGET = {
    "widget.js": b"import './chunk.js'; console.log('hello');\n",
    "chunk.js": b"export const answer = 42;\n",
    "assets/style.css": b"button { color: rebeccapurple }\n",
    "widget.js.map": b'{"version":3}',
}


def tar_gz(files: Mapping[str, bytes], declaration: Mapping[str, Any] | None = None, mtime: int = 0) -> bytes:
    return tar_members([member(name, body, mtime=mtime) for name, body in _with(files, declaration).items()])


def zipped(files: Mapping[str, bytes], declaration: Mapping[str, Any] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, body in _with(files, declaration).items():
            packed.writestr(zipfile.ZipInfo(name), body, zipfile.ZIP_DEFLATED)
    return out.getvalue()


Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, body: bytes = b"", *, mtime: int = 0, **fields: Any) -> Member:
    info = tarfile.TarInfo(name)
    info.size = len(body)
    info.mtime = mtime
    for field, value in fields.items():
        setattr(info, field, value)
    return info, body


def tar_members(members: list[Member]) -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for info, body in members:
            tar.addfile(info, io.BytesIO(body) if info.isreg() else None)
    return out.getvalue()


def _with(files: Mapping[str, bytes], declaration: Mapping[str, Any] | None) -> dict[str, bytes]:
    extra = {"edgeship.json": json.dumps(declaration).encode()} if declaration is not None else {}
    return {**files, **extra}
