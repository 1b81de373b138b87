"""Each widget that `edgeship init` writes builds, is published, and is of one release in each page view."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver import Remote

from edgeship.adapters.projects.new_files import NewFiles
from edgeship.application.scaffolding.start_project import StartProject
from edgeship.bootstrap.operator import Operator
from edgeship.cli.scaffolding.templates import read_templates
from edgeship.domain.scaffolding.project import Skeleton, Wishes
from edgeship.local.cloud import LocalCloud
from tests.browser.lab.builds import ENTRY, NEXT, STABLE
from tests.browser.lab.local_cloud_site import LocalCloudSite
from tests.browser.lab.network import Network, Visitor, network
from tests.browser.lab.site import Answered
from tests.support.local_cloud.visitors import answered, eventually, get
from tests.support.pytest_plugins.tools import NODE

pytestmark = [pytest.mark.browser, pytest.mark.cloud, pytest.mark.nightly, pytest.mark.xdist_group("cloud")]

SKELETONS = [skeleton for skeleton in Skeleton if skeleton is not Skeleton.NONE]
VIEWS = 8


class SkeletonSite(LocalCloudSite):
    """A widget without a stylesheet of its own: the entry shows what is served."""

    def _is_served(self, widget: str, version: str) -> bool | None:
        return get(self.cloud, f"/{widget}/v{version}/{ENTRY}")[0] == 200 or None

    def _is_at(self, widget: str, track: str, version: object) -> bool | None:
        _, headers, _ = answered(f"{self.cloud.edge_url}/{widget}/latest/{ENTRY}?edgeship-track={track}")
        return (headers["x-amz-meta-version"] == str(version) and "Location" in headers) or None


@dataclass
class PageView:
    """A page with the widget's tag, in a tab."""

    browser: Remote
    visitor: Visitor
    element: str

    def wait(self, expression: str) -> str:
        script = f"const w = document.querySelector('{self.element}'); return ({expression}) || null"

        def read() -> str | None:
            found: str | None = self.browser.execute_script(script)
            return found

        return eventually(read, 15)

    def shown(self) -> str:
        """The version of the entry."""
        return self.wait("w && w.dataset.version")

    def clicked(self) -> str:
        """The version of what a click loads."""
        self.wait("w && w.shadowRoot && w.shadowRoot.querySelector('button')")
        self.browser.execute_script(
            f"document.querySelector('{self.element}').shadowRoot.querySelector('button').click()"
        )
        return self.wait(
            "w.shadowRoot.querySelector('#details') && w.shadowRoot.querySelector('#details').dataset.version"
        )


@dataclass
class Pages:
    network: Network
    browser: Remote
    wishes: Wishes
    views: int = 0

    def open(self) -> PageView:
        self.views += 1
        visitor = Visitor(self.views, f"address {self.views}")
        self.network.visitors[self.views] = visitor
        src = f"{self.network.cdn(self.views)}/{self.wishes.widget}/latest/{ENTRY}"
        html = (
            "<!doctype html><meta charset=utf-8><title>A shop</title><body>"
            f'<script type="module" crossorigin="anonymous" src="{src}"></script>'
        )
        headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
        self.network.pages[f"/page/{self.views}"] = Answered(200, headers, html.encode())
        self.browser.get(f"{self.network.url}/page/{self.views}")
        return PageView(self.browser, visitor, self.wishes.element)


@pytest.fixture(params=SKELETONS, ids=str)
def built(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Wishes, dict[str, Path]]:
    """The wishes, and the folder of each version's build."""
    NODE.require()
    wishes = Wishes(f"made-{request.param}", "production", request.param)
    StartProject(NewFiles(tmp_path), read_templates())(wishes, force=False)
    npm(tmp_path, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    folders = {}
    for version in (STABLE, NEXT):
        package = json.loads((tmp_path / "package.json").read_text())
        (tmp_path / "package.json").write_text(json.dumps({**package, "version": version}))
        npm(tmp_path, "run", "build")
        folders[version] = (tmp_path / "dist").rename(tmp_path / f"dist-{version}")
    return wishes, folders


def npm(folder: Path, *words: str) -> None:
    done = subprocess.run(["npm", *words], cwd=folder, capture_output=True, text=True, check=False, timeout=180)
    if done.returncode and "ENOTFOUND" in done.stderr:
        pytest.skip(f"the npm registry can't be reached: {done.stderr}")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def site(cloud: LocalCloud, tools: Operator, built: tuple[Wishes, dict[str, Path]]) -> SkeletonSite:
    wishes, folders = built
    made = SkeletonSite(cloud, tools, "pin")
    for version, folder in folders.items():
        made.publish(version, {wishes.widget: folder})
    made.reset(wishes.widget, version=STABLE)
    return made


@pytest.fixture
def pages(site: SkeletonSite, browser: Remote, built: tuple[Wishes, dict[str, Path]]) -> Iterator[Pages]:
    with network(site) as running:
        yield Pages(running, browser, built[0])


def test_a_page_view_is_of_one_release_whatever_happens(site: SkeletonSite, pages: Pages) -> None:
    widget = pages.wishes.widget
    view = pages.open()
    assert view.shown() == STABLE
    site.move(widget, version=NEXT)
    assert view.clicked() == STABLE
    first, *rest = [path for path, _ in view.visitor.asked]
    assert first == f"/{widget}/latest/{ENTRY}"
    assert rest
    assert all(path.startswith(f"/{widget}/v{STABLE}/") for path in rest), rest
    assert {status for _, status in view.visitor.asked} <= {200, 302}
    after = pages.open()
    assert (after.shown(), after.clicked()) == (NEXT, NEXT)

    site.roll_back(widget)
    site.reset(widget, version=STABLE)
    site.roll_out(widget, version=NEXT, percent=50)
    seen = [(view.shown(), view.clicked()) for view in (pages.open() for _ in range(VIEWS))]
    assert all(entry == lazy for entry, lazy in seen), seen
    assert {entry for entry, _ in seen} <= {STABLE, NEXT}
