"""Makes cloud assemblies with the CDK app that came with this edgeship."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeship.adapters.cdk.place import AppPlace
from edgeship.application.deploying.ports import Assembly, Progress
from edgeship.resource_names import REGION
from localcloud.synthesis import CdkApp, synthesise

PRIVATE_VARIABLES = ("EDGESHIP_",)


@dataclass(frozen=True)
class CachedApp:
    """An assembly is kept by the content of all that it is made from."""

    place: AppPlace
    on_progress: Progress = lambda _: None

    def synthesise(self, context: Mapping[str, str]) -> Assembly:
        """
        Raises:
            localcloud.synthesis.SynthesisFailed: the app ended with an error, or it refused an option.
        """
        app = CdkApp(self.place.root, self.place.command, self.place.inputs, PRIVATE_VARIABLES)
        folder = synthesise(app, self.place.assemblies, {**context, **self.place.own_context}, self.on_progress)
        return read_assembly(folder)


def read_assembly(folder: Path) -> Assembly:
    """The stacks of an assembly, with the environment's own first."""
    artifacts = json.loads((folder / "manifest.json").read_text("utf-8"))["artifacts"]
    stacks: dict[str, str] = {}
    account = ""
    for name, artifact in artifacts.items():
        if artifact["type"] == "aws:cloudformation:stack":
            # https://docs.aws.amazon.com/cdk/api/v2/docs/cloud-assembly-schema-readme.html
            account, region = artifact["environment"].removeprefix("aws://").split("/")
            stacks[artifact["properties"].get("stackName", name)] = region
    return Assembly(folder, dict(sorted(stacks.items(), key=lambda named: (named[1] != REGION, named[0]))), account)
