"""Lambda@Edge functions for tests, as the zips that a deployment would hold."""

from __future__ import annotations

import io
import zipfile

from localcloud.cloudfront.lambda_edge.edge_runtime import FunctionCode

HANDLER = "package.handler.handler"


def archive(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr("package/__init__.py", "")
        packed.writestr("package/handler.py", source)
    return buffer.getvalue()


def code(source: str, timeout: float = 5.0) -> FunctionCode:
    return FunctionCode("edge", "1", HANDLER, timeout, 128, archive(source))
