from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from selenium.webdriver import Remote

from edgeship.bootstrap import operator
from edgeship.local.cloud import LocalCloud
from tests.browser.lab.builds import WIDGETS, Builds, built
from tests.browser.lab.laboratory import Lab, laboratory
from tests.browser.lab.local_cloud_site import LocalCloudSite
from tests.browser.lab.reference_site import ReferenceSite, Serve
from tests.browser.lab.scenarios import Scenario
from tests.browser.lab.site import Site
from tests.support.pytest_plugins.tools import NODE

Labs = Callable[[str, Serve], Lab]


@pytest.fixture(scope="session")
def builds() -> Builds:
    """The lab's widgets, as their bundlers make them."""
    NODE.require()
    try:
        return built()
    except subprocess.SubprocessError as error:
        pytest.skip(f"the npm registry can't be reached: {error}")


@pytest.fixture(scope="session")
def labs(request: pytest.FixtureRequest, running_browser: Remote, builds: Builds) -> Iterator[Labs]:
    """Labs by site and way to serve, each made when it is first asked for, in a tab of its own."""

    def site(name: str, serve: Serve) -> Site:
        if name == "reference":
            return ReferenceSite(WIDGETS, serve)
        # Only who asks for the local cloud waits for it.
        cloud: LocalCloud = request.getfixturevalue("cloud")
        tools = operator.build(cloud.names, cloud.session(), cloud.edge_url)
        return LocalCloudSite(cloud, tools, "in_place" if serve == "in_place" else "pin")

    def together(name: str) -> list[Scenario]:
        """Those that this run asks for."""
        if name == "reference":
            return []
        parameters = (getattr(item, "callspec", None) for item in request.session.items)
        ours = [found.params for found in parameters if found and found.params.get("site") == name]
        asked = [each["scenario"] for each in ours if "scenario" in each]
        return list(dict.fromkeys(asked))

    with ExitStack() as stack:
        made: dict[tuple[str, Serve], Lab] = {}

        def lab(name: str, serve: Serve) -> Lab:
            key = (name, serve)
            if key not in made:
                made[key] = stack.enter_context(laboratory(site(*key), running_browser, builds, together(name)))
            return made[key]

        yield lab
