"""What `publish` and `embed` print of a file is a URL that leads to the file, whatever its name is."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from hypothesis import assume, given
from hypothesis import strategies as st

from edgeship.application.releases.ports import Dropped
from edgeship.application.releases.publish_bundle import Published
from edgeship.cli.releases.publish import _document
from edgeship.cli.releases.release_name import ReleaseName
from edgeship.domain.edge.router import Redirect, Request, route
from edgeship.domain.embeds.embedded import Embedded
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey, release_prefix
from edgeship.domain.releases.entry import Kind
from edgeship.domain.releases.paths.bundle_paths import check_path
from edgeship.domain.version import Version
from tests.support.releases import a_release

SITE = "https://widgets.example.com"
KEY = UploadKey("checkout", Version.parse("1.0.0"), ".tar.gz")
PUBLISHED = Published(KEY, Dropped("etag"), "digest", "widget.js", "sha256", None, 1, 1, "sha256", uploaded=True)
NAME = ReleaseName(KEY.widget, KEY.version, "--widget", "--version")
ROUTES = {".revision": "1", "checkout": "|1.0.0 - latest"}
ANY = st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S"), exclude_characters="/")
PLAIN = "aé ü&;=@!$'(),~[]^`{}-._\U0001f600"
"""Many are allowed, and change in a URL."""
PATHS = st.lists(st.text(PLAIN, min_size=1, max_size=8) | st.text(ANY, min_size=1, max_size=3), min_size=1, max_size=3)


@given(PATHS.map("/".join))
def test_a_printed_url_leads_to_the_file(path: str) -> None:
    try:
        path = check_path(path)
    except Refused:
        assume(False)
    urls = _document(replace(PUBLISHED, entrypoint=path), None, SITE, NAME)["urls"]
    assert urls["version"].isascii()
    assert not set(' "<>`#?') & set(urls["version"])
    asked = urlsplit(urls["version"])
    assert (asked.query, asked.fragment) == ("", "")
    assert unquote(asked.path) == f"/{release_prefix(KEY.widget, KEY.version)}{path}"
    assert Embedded(a_release("1.0.0"), Kind.MODULE, SITE, "latest", None).url(path) == urls["latest"]
    moved = route(Request(urlsplit(urls["latest"]).path), ROUTES.get)
    assert moved == Redirect(asked.path, "1.0.0")
