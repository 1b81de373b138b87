"""edgeship on a local cloud: which template, which names, and what its functions are told of where they run.

with LocalCloud() as cloud:
    cloud.session().client("s3").put_object(...)
    requests.get(f"{cloud.edge_url}/checkout/latest/widget.js")
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeship.adapters.cdk.place import app_place
from edgeship.domain.edge.freshness import DEFAULT_FRESHNESS_SECONDS
from edgeship.local.harmless_events import HARMLESS_EVENTS, INVOKED_BY_TWO
from edgeship.local.state_path import STATE_PATH
from edgeship.local.synthesising import PRIVATE_VARIABLES, CachedApp
from edgeship.resource_names import LOCAL, ResourceNames, policy_output
from edgeship.settings import PropagationSettings, RollbackSettings, RolloutSettings
from localcloud.account import ACCOUNT
from localcloud.cloud import Addresses, Cloud, Progress, Project, Variables
from localcloud.cloudflare.local_cloudflare import LocalCloudflare
from localcloud.cloudfront.functions.deployed import STORE_DELAY_SECONDS
from localcloud.cloudwatch.local_cloudwatch import BASE_PERIOD
from localcloud.cloudwatch.periods import real_seconds

SECOND_CDN_TOKEN = f"/edgeship/{LOCAL}/cloudflare"
"""The parameter that holds the token of the second CDN's API."""

POLICY_OUTPUTS = {name: policy_output(name) for name in ("operator", "previewer", "pruner", "uploader", "viewer")}
"""The stack's outputs with the ARNs of the policies that people are given, by what they are called."""


class LocalCloud(Cloud):
    """One local cloud with edgeship on it; several can run side by side, each with its own ports and state file."""

    def __init__(
        self,
        *,
        port: int | None = None,
        edge_port: int | None = None,
        second_cdn_port: int | None = None,
        state_path: Path | None = STATE_PATH,
        assembly: Path | None = None,
        speed: float = 1,
        edge_freshness_seconds: float = DEFAULT_FRESHNESS_SECONDS,
        store_delay_seconds: float = STORE_DELAY_SECONDS,
        enforce_iam: bool = False,
        widget_policies: tuple[str, ...] = (),
        kept: Path | None = None,
        on_progress: Progress = lambda _: None,
    ) -> None:
        """
        Args:
            port, edge_port, second_cdn_port: of 127.0.0.1, for the AWS API, the CDN and the second CDN; free ones when
                None.
            state_path: where other processes look for it; None to be found by nobody.
            assembly: the folder of a cloud assembly to deploy instead of synthesising one.
            speed: so many times faster than real time alarms, rates of rules and periods of metrics go by.
            edge_freshness_seconds: how often the edge looks for news of flags.
            store_delay_seconds: so long after a write to a key value store, CloudFront Functions see it; propagation
                waits as long.
            enforce_iam: whether policies count: each function can do what its role allows, and no more.
            widget_policies: the widgets that have policies of their own.
            kept: the folder in which its state and its ports lie between starts; it begins empty each time when None.

        Raises:
            ValueError: the speed is out of CloudWatch's range.
        """
        self.names = ResourceNames(LOCAL, ACCOUNT)
        self.edge_freshness_seconds = edge_freshness_seconds
        self.store_delay_seconds = store_delay_seconds
        given = assembly
        project = Project(
            environment=LOCAL,
            assembly=_synthesised(edge_freshness_seconds, widget_policies) if given is None else lambda _: given,
            distribution_output="DistributionId",
            side_output="PreviewDistributionId",
            cloudflare_token=SECOND_CDN_TOKEN,
            variables=lambda addresses: _variables(self.names, addresses, speed, store_delay_seconds),
            warm_up={
                self.names.function(name): [event] * (2 if name in INVOKED_BY_TWO else 1)
                for name, event in HARMLESS_EVENTS.items()
            },
            policies=POLICY_OUTPUTS | _outputs_of(widget_policies),
            private_variables=PRIVATE_VARIABLES,
        )
        super().__init__(
            project,
            port=port,
            edge_port=edge_port,
            cloudflare_port=second_cdn_port,
            state_path=state_path,
            speed=speed,
            store_delay_seconds=store_delay_seconds,
            enforce_iam=enforce_iam,
            kept=kept,
            on_progress=on_progress,
        )

    @property
    def second_cdn(self) -> LocalCloudflare:
        """Stands in for Cloudflare, in front of the CDN."""
        return self.cloudflare

    @property
    def preview_url(self) -> str | None:
        """Where previews are served."""
        return self.side_url

    @property
    def second_cdn_url(self) -> str:
        return self.cloudflare.url


def _outputs_of(widgets: tuple[str, ...]) -> dict[str, str]:
    forms = ("operator", "uploader", "viewer")
    return {f"{widget}.{form}": policy_output(form, widget) for widget in widgets for form in forms}


def local_context(edge_freshness_seconds: float, widget_policies: tuple[str, ...] = ()) -> dict[str, str]:
    """The options of the stack of a local cloud."""
    return {
        "environment": LOCAL,
        "account": ACCOUNT,
        "previews": "true",
        "edge_freshness_seconds": f"{edge_freshness_seconds:g}",
        # Its function may read the token; where the second CDN answers is said once it does.
        "cloudflare_zone": "0" * 32,
        "cloudflare_url": "https://second-cdn.invalid",
        "cloudflare_token": f"ssm:{SECOND_CDN_TOKEN}",
        **({"widget_policies": ",".join(widget_policies)} if widget_policies else {}),
    }


def _synthesised(edge_freshness_seconds: float, widget_policies: tuple[str, ...]) -> Callable[[Progress], Path]:
    context = local_context(edge_freshness_seconds, widget_policies)

    def assembly(on_progress: Progress) -> Path:
        return CachedApp(app_place(), on_progress).synthesise(context).folder

    return assembly


def _variables(names: ResourceNames, addresses: Addresses, speed: float, store_delay_seconds: float) -> Variables:
    """What no template can say: of time, to the functions for rollouts; of the CDNs, to the propagation function."""
    cdns = {
        "site_url": addresses.edge_url,
        "cloudflare_url": addresses.cloudflare_url,
        "cloudflare_api": addresses.cloudflare_api,
        "cloudflare_zone": addresses.cloudflare_zone,
        "cloudflare_token": f"ssm:{SECOND_CDN_TOKEN}",
        "store_settle_seconds": f"{store_delay_seconds:g}",
    }
    variables = {
        names.function("propagation"): {PropagationSettings.variable(field): value for field, value in cdns.items()}
    }
    if speed != 1:
        period = str(real_seconds(BASE_PERIOD, speed))
        variables[names.function("rollout")] = {RolloutSettings.variable("period_seconds"): period}
        variables[names.function("rollback")] = {RollbackSettings.variable("period_seconds"): period}
    return variables
