"""A cloud assembly, as a CDK app writes it: one stack's template and the files that it needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.account import ACCOUNT


@dataclass(frozen=True)
class FileAsset:
    """A file or a folder that the template expects as an object of a bucket."""

    source: Path
    zipped: bool
    bucket: str
    key: str


@dataclass(frozen=True)
class Assembly:
    """One stack of a cloud assembly."""

    stack: str
    template: dict[str, Any]
    assets: tuple[FileAsset, ...]

    @classmethod
    def read(cls, folder: Path) -> Assembly:
        """The only stack of the assembly in `folder`.

        Raises:
            ValueError: the assembly has no stack or several.
        """
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"]
        stacks = [(name, a) for name, a in artifacts.items() if a["type"] == "aws:cloudformation:stack"]
        if len(stacks) != 1:
            raise ValueError(f"{folder} holds {len(stacks)} stacks: the local cloud deploys exactly one")
        name, artifact = stacks[0]
        assets = [
            asset
            for a in artifacts.values()
            if a["type"] == "cdk:asset-manifest"
            for asset in _file_assets(folder, folder / a["properties"]["file"])
        ]
        return cls(
            stack=artifact["properties"].get("stackName", name),
            template=json.loads((folder / artifact["properties"]["templateFile"]).read_text()),
            # The template is an asset too; the deployment uploads its own, altered copy of it.
            assets=tuple(a for a in assets if a.source.name != artifact["properties"]["templateFile"]),
        )


def _file_assets(folder: Path, manifest: Path) -> Iterator[FileAsset]:
    for asset in json.loads(manifest.read_text())["files"].values():
        for destination in asset["destinations"].values():
            yield FileAsset(
                source=folder / asset["source"]["path"],
                zipped=asset["source"]["packaging"] == "zip",
                bucket=destination["bucketName"].replace("${AWS::AccountId}", ACCOUNT),
                key=destination["objectKey"],
            )
