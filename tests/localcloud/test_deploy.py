"""What is uploaded for a deployment; deployments themselves are in test_cloud.py."""

from __future__ import annotations

import os
from pathlib import Path

from localcloud.deploy import zip_folder


def test_equal_folders_give_equal_zips(tmp_path: Path) -> None:
    zips: list[bytes] = []
    for name in ("one", "two"):
        folder = tmp_path / name
        (folder / "package").mkdir(parents=True)
        for file in ("b.py", "package/a.py") if name == "one" else ("package/a.py", "b.py"):
            (folder / file).write_text(file)
            past = 1_000_000_000 + len(zips)
            os.utime(folder / file, (past, past))
        zips.append(zip_folder(folder))
    assert zips[0] == zips[1]
    (tmp_path / "two" / "b.py").chmod(0o755)
    assert zip_folder(tmp_path / "two") != zips[0]
