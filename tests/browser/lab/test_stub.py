"""The stub of classic scripts: for the page, it is as if the exact script had stood there."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.browser.lab.builds import Builds
from tests.browser.lab.conftest import Labs
from tests.browser.lab.laboratory import Lab
from tests.browser.lab.reference_site import integrity_of
from tests.browser.lab.site import Answered
from tests.browser.lab.stub import MAX_BYTES, MINIFIED, OPTIONS, POLICY_PATH, SOURCE, TRUSTED_TYPES, stub

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RELEASE = b"""
(window.ran = window.ran || []).push({
  src: document.currentScript.src,
  tags: document.querySelectorAll('script[data-shop]').length,
  attributes: Object.fromEntries([...document.currentScript.attributes].map(({ name, value }) => [name, value])),
  nonce: document.currentScript.nonce,
});
window.heard.push('ran');
"""
WORKER = b"self.postMessage('ran')"
EVENTS = "<script nonce=n1>window.heard = []; window.hear = event => heard.push(event.type);</script>"


@pytest.fixture
def lab(labs: Labs) -> Iterator[Lab]:
    """Serves the stub at /stub.js and the exact script at /v1/widget.js, beside the pages."""
    found = labs("reference", "pin")
    cors = {"Content-Type": "text/javascript", "Access-Control-Allow-Origin": "*"}

    def script(body: bytes) -> Answered:
        return Answered(200, cors, body)

    exact, url = integrity_of(RELEASE), found.network.url
    added = {
        "/v1/widget.js": script(RELEASE),
        "/v1/worker.js": script(WORKER),
        "/stub.js": script(stub(url, "v1/widget.js", exact)),
        "/missing.js": script(stub(url, "v1/nothing.js", exact)),
        "/changed.js": script(stub(url, "v1/widget.js", integrity_of(b"other bytes"))),
        POLICY_PATH: script(TRUSTED_TYPES.read_bytes()),
        "/worker-stub.js": script(stub(url, "v1/worker.js", integrity_of(WORKER))),
    }
    found.network.pages.update(added)
    yield found
    for path in added:
        del found.network.pages[path]


def test_it_is_small(builds: Builds) -> None:
    """If not: run esbuild with these options on stub.js, as package-lock.json has it."""
    minified = MINIFIED.read_text()
    assert minified == builds.esbuild(SOURCE, *OPTIONS).strip()
    usual = stub(f"https://{'h' * 30}", "p" * 39, f"sha256-{'A' * 43}=")
    assert len(usual) <= MAX_BYTES


def test_what_stands_at_its_places_stays_text() -> None:
    hostile = 'w/v1.0.0/widget.js?"});alert(1)//\\PATH\n'
    text = stub("https://cdn.example", hostile, "sha384-x").decode()
    assert json.dumps(hostile) in text


def test_the_exact_tag_stands_in_for_the_stubs(lab: Lab) -> None:
    tag = '<script id="shop" class="a b" data-shop="1" key="k 1" async nonce=n1 src="/stub.js"></script>'
    with lab.showing(EVENTS + tag, "script-src 'nonce-n1'") as value:
        (ran,) = value("window.ran")
        assert ran["src"] == lab.network.url + "/v1/widget.js"
        assert ran["tags"] == 1
        assert ran["nonce"] == "n1"
        # The nonce's attribute is hidden, and `async` is a property of the inserted tag.
        kept = {name: value for name, value in ran["attributes"].items() if name not in ("nonce", "async")}
        assert kept == {
            "id": "shop",
            "class": "a b",
            "data-shop": "1",
            "key": "k 1",
            "crossorigin": "",
            "integrity": integrity_of(RELEASE),
            "src": lab.network.url + "/v1/widget.js",
        }
        assert value("document.querySelector('#shop').src") == ran["src"]
        assert value("document.querySelectorAll('script[src]').length") == 1


@pytest.mark.parametrize(
    ("source", "heard"),
    [("/stub.js", ["ran", "load", "load"]), ("/missing.js", ["error", "error"]), ("/changed.js", ["error", "error"])],
)
def test_listeners_on_the_tag_hear_of_the_exact_script(source: str, heard: list[str], lab: Lab) -> None:
    """Once each: an inline handler, and a listener."""
    loader = f"""<script>
      const script = document.createElement('script');
      script.setAttribute('onload', 'hear(event)');
      script.onerror = hear;
      for (const type of ['load', 'error']) script.addEventListener(type, hear);
      script.src = '{source}';
      document.head.append(script);
    </script>"""
    with lab.showing(EVENTS + loader) as value:
        assert value(f"window.heard.length >= {len(heard)} && window.heard") == heard
        assert value("new Promise(done => setTimeout(done, 50, 1))")
        assert value("window.heard") == heard


def test_a_tag_that_its_loader_has_removed(lab: Lab) -> None:
    loader = """<script>
      const script = Object.assign(document.createElement('script'), { src: '/stub.js', onload: hear });
      document.head.append(script);
      script.remove();
    </script>"""
    with lab.showing(EVENTS + loader) as value:
        assert value("window.heard.includes('load') && window.heard") == ["ran", "load"]


def test_a_shadow_root_hides_the_tag(lab: Lab) -> None:
    loader = """<p id=host></p><script>
      const script = Object.assign(document.createElement('script'), { src: '/stub.js' });
      document.querySelector('#host').attachShadow({ mode: 'open' }).append(script);
    </script>"""
    with lab.showing(EVENTS + loader) as value:
        (ran,) = value("window.ran")
        assert ran["src"] == lab.network.url + "/v1/widget.js"


def test_scripts_keep_their_order(lab: Lab) -> None:
    tags = "".join(f'<script src="/stub.js" data-shop="{n}"></script>' for n in range(6))
    with lab.showing(EVENTS + tags) as value:
        ran = value("window.ran?.length === 6 && window.ran")
        assert [found["attributes"]["data-shop"] for found in ran] == list("012345")


def test_a_worker_imports_it(lab: Lab) -> None:
    starter = f"""<script>
      const source = new Blob(["importScripts('{lab.network.url}/worker-stub.js')"], {{ type: 'text/javascript' }});
      new Worker(URL.createObjectURL(source)).onmessage = event => heard.push(event.data);
    </script>"""
    with lab.showing(EVENTS + starter) as value:
        assert value("window.heard.length && window.heard") == ["ran"]


@pytest.mark.parametrize("scripts", ["*", "'nonce-n1'", "'nonce-n1' 'strict-dynamic'"])
def test_two_stubs_share_one_policy(scripts: str, lab: Lab) -> None:
    tags = '<script src="/stub.js" nonce=n1></script>' * 2
    policy = f"script-src {scripts}; require-trusted-types-for 'script'; trusted-types edgeship"
    with lab.showing(EVENTS + tags, policy.replace("*", "* 'unsafe-inline'")) as value:
        assert value("window.ran?.length === 2 && window.heard") == ["ran", "ran"]


def test_the_shared_policy_trusts_its_cdn_alone(lab: Lab) -> None:
    """It is the page's to use, too."""
    cdn = lab.network.url
    urls = ["/v1/widget.js", f"{cdn}/v1/widget.js", f"{cdn}.evil.example/x.js", "https://evil.example/x.js"]
    trial = f"""<script type=module>
      import {{ t }} from '{POLICY_PATH}';
      window.set = {json.dumps(urls)}.map(url => {{
        const script = document.createElement('script');
        t(script, url);
        return script.getAttribute('src');
      }});
    </script>"""
    with lab.showing(EVENTS + trial, "require-trusted-types-for 'script'; trusted-types edgeship") as value:
        assert value("window.set") == ["", urls[1], "", ""]


def test_what_the_page_runs_right_after_the_tag_comes_before_the_release(lab: Lab) -> None:
    """No script can wait for another one that it inserts: such pages listen for `load`, or are served in place."""
    after = '<script src="/stub.js"></script><script>heard.push("after")</script>'
    with lab.showing(EVENTS + after) as value:
        assert value("window.heard.length === 2 && window.heard") == ["after", "ran"]
