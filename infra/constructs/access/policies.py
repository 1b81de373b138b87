"""Managed policies: for CI, which uploads; for who watches; for the people on call; for who prunes old releases; where
previews are served, for pull requests; and the first three once more for single widgets."""

from __future__ import annotations

from collections.abc import Callable

from aws_cdk import aws_iam as iam
from constructs import Construct

from edgeship.adapters.dynamodb.keys import refused_pk, widget_pk
from edgeship.domain.previews.preview_name import FOLDER
from edgeship.resource_names import HEALTH_PREFIX, INCOMING_PREFIX, MAPS_PREFIX, SURFACES_PREFIX, policy_output
from infra.constructs.access.scope import Scope
from infra.constructs.access.statements import Resources, allow_operating, allow_uploading, allow_viewing
from infra.constructs.permissions import MOVING_MANIFESTS, RELEASE_FILES, allow, objects, parameter
from infra.options import SynthOptions

FORMS: dict[str, tuple[str, Callable[[iam.ManagedPolicy, Scope, Resources], None]]] = {
    "uploader": ("put archives into the inbox, and follow what becomes of them", allow_uploading),
    "viewer": ("what the command line reads", allow_viewing),
    "operator": ("what the command line does", allow_operating),
}
"""By name: for every widget, and for each of `widget_policies`."""


class Access(Construct):
    """None may write the site's objects: only the functions change what is public. Who has the pruner's policy beside
    the operator's may delete them."""

    def __init__(self, scope: Construct, id: str, *, options: SynthOptions, resources: Resources) -> None:
        super().__init__(scope, id)
        everything = Scope(options)
        self.policies = {name: self._policy(name.capitalize(), name, everything, resources) for name in FORMS}
        self.policies["pruner"] = self._pruner(options)
        if options.previews:
            self.policies["previewer"] = self._previewer(options, resources)
        self.widgets = {
            widget: {
                name: self._policy(
                    f"Widget-{widget}-{name}",
                    name,
                    Scope(options, widget),
                    resources,
                    physical_name=options.names.widget_policy(widget, name),
                )
                for name in FORMS
            }
            for widget in dict.fromkeys(options.widget_policies)
        }

    def outputs(self) -> dict[str, str]:
        """The ARNs, by the names of the stack's outputs."""
        found = {policy_output(name): policy.managed_policy_arn for name, policy in self.policies.items()}
        for widget, forms in self.widgets.items():
            found |= {policy_output(name, widget): policy.managed_policy_arn for name, policy in forms.items()}
        return found

    def _policy(
        self, id: str, name: str, scope: Scope, resources: Resources, *, physical_name: str | None = None
    ) -> iam.ManagedPolicy:
        about, fill = FORMS[name]
        policy = iam.ManagedPolicy(
            self, id, managed_policy_name=physical_name, description=f"edgeship {scope.label}: {about}"
        )
        fill(policy, scope, resources)
        return policy

    def _pruner(self, options: SynthOptions) -> iam.ManagedPolicy:
        names = options.names
        pruner = iam.ManagedPolicy(
            self, "Pruner", description=f"edgeship {options.environment}: delete releases that nothing needs"
        )
        allow(
            pruner,
            ["s3:DeleteObject"],
            objects(names.site_bucket, RELEASE_FILES),
            objects(names.site_bucket, f"{HEALTH_PREFIX}*/v*"),
            objects(names.site_bucket, MOVING_MANIFESTS),
            *(objects(names.inbox_bucket, f"{prefix}*") for prefix in (MAPS_PREFIX, SURFACES_PREFIX)),
            reason="Releases of any widget and version; the buckets keep what is deleted for some days.",
        )
        return pruner

    def _previewer(self, options: SynthOptions, resources: Resources) -> iam.ManagedPolicy:
        """Whatever a pull request runs with it, nothing is released: it puts previews alone, and reads what became of
        them."""
        previewer = iam.ManagedPolicy(
            self, "Previewer", description=f"edgeship {options.environment}: put previews into the inbox, and no more"
        )
        allow(
            previewer,
            ["s3:ListMultipartUploadParts", "s3:PutObject"],
            objects(options.names.inbox_bucket, f"{INCOMING_PREFIX}*/{FOLDER}/*"),
            reason="An uploader chooses widget and preview; the key of a release has no such segment.",
        )
        limits, url = (parameter(options, name) for name in (options.names.upload_limits, options.names.preview_url))
        allow(previewer, ["ssm:GetParameter"], limits, url)
        for partitions in (widget_pk("*"), refused_pk("*")):
            allow(
                previewer,
                ["dynamodb:GetItem", "dynamodb:Query"],
                resources.table.table.table_arn,
                partitions=partitions,
            )
        return previewer
