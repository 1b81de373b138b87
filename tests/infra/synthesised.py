"""The tests' stacks, synthesised under the AwsSolutions rules: a finding without an acknowledgment fails the synthesis.

Started as a module, it makes all of them in one process: the CDK's engine takes longer to start than a stack to make.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from infra.app import ROOT, build_app, use_locked_node
from localcloud.synthesis import CdkApp, synthesise
from tests.infra.contexts import CONTEXTS
from tests.infra.template import Template

INPUTS = (
    *("infra", "functions", "src/edgeship", "pyproject.toml", "uv.lock", "cdk.json"),
    *("tests/infra/contexts.py", "tests/infra/synthesised.py"),
)


def stack(name: str) -> Template:
    """One of the tests' stacks. They are kept by the content of their inputs: of all workers one makes them, and none
    if an earlier run has."""
    app = CdkApp(ROOT, (sys.executable, "-m", "tests.infra.synthesised"), INPUTS)
    folder = synthesise(app, ROOT / ".edgeship" / "stacks", {})
    return Template(folder / name, f"edgeship-{CONTEXTS[name]['environment']}")


def run_app(context: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The app in a process of its own, as the CDK's command line starts it."""
    environment = {**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)}
    environment.pop("CDK_DEFAULT_ACCOUNT", None)
    command = [sys.executable, "-m", "infra.app"]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def main(folder: Path) -> None:
    use_locked_node()
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    for name, context in CONTEXTS.items():
        app = build_app(context, outdir=str(folder / name))
        if name in ("production", "customised"):
            Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        app.synth()
    # The last to be written: the cache takes a folder that has it for whole.
    (folder / "manifest.json").write_text(json.dumps(CONTEXTS), "utf-8")


if __name__ == "__main__":
    main(Path(os.environ["CDK_OUTDIR"]))
