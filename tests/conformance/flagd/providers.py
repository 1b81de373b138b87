"""flagd's provider scenarios, played by OpenFeature's client and OFREP provider for Python against the edge, over HTTP.

The testbed has no licence, so nothing of it is kept here: a checkout is named by the variable FLAGD_TESTBED, or made.
`python -m tests.conformance.flagd.providers` plays them, and prints the table of docs/conformance.md.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.flag_evaluation import FlagEvaluationDetails

from edgeship.adapters.documents.flagd_file import from_flagd
from edgeship.application.flags.check_set import FlagsRefused
from edgeship.domain.flags.flags_snapshot import encode, entries_of
from edgeship.domain.flags.validation.validate import problems
from functions.edge.flag_endpoint import FlagEndpoint
from functions.edge.http_answer import Answer
from tests.conformance.flagd.scenarios import (
    CLIENT,
    DEPRECATED,
    NAMED,
    PASS,
    REFUSED,
    SELECTOR,
    STREAM,
    Scenario,
    read_value,
    scenarios,
)
from tests.edge.ofrep_request import endpoint_reading

VERSION, COMMIT = "v3.5.0", "ff2fbe6c6584953cb2753ae9188d1cee14f7f57f"
REPOSITORY = "https://github.com/open-feature/flagd-testbed"

BY_FEATURE = {
    "config": CLIENT,
    "connection": CLIENT,
    "events": CLIENT,
    "rpc-caching": CLIENT,
    "contextEnrichment": STREAM,
    "sync-payload": STREAM,
    "selector": SELECTOR,
}
BY_NAME = {
    "Resolves flag with no defaultValue correctly": DEPRECATED,
    "Errors and edge cases": REFUSED,
    "fractional operator with missing bucket key falls back to default variant": NAMED,
}
"""The reasons of those that do not pass. How many there are of each is `PROVIDERS`."""


class NoTestbed(Exception):
    """There is no checkout at the pinned commit; the message says why."""


def checked_out(folder: Path) -> Path:
    """A checkout of the testbed at the pinned commit: the one that FLAGD_TESTBED names, else a new one in `folder`.

    Raises:
        NoTestbed: see there.
    """
    named = os.environ.get("FLAGD_TESTBED")
    checkout = Path(named) if named else folder / "flagd-testbed"
    try:
        if not named:
            clone = ["git", "clone", "--quiet", "--depth", "1", "--branch", VERSION, REPOSITORY, str(checkout)]
            subprocess.run(clone, check=True, capture_output=True, text=True, timeout=120)
        head = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
        found = subprocess.run(head, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.SubprocessError) as error:
        raise NoTestbed(f"{REPOSITORY} {VERSION}: {error}") from error
    if found != COMMIT:
        raise NoTestbed(f"{checkout} is at {found}, not at {COMMIT}")
    return checkout


@dataclass
class World:
    """What a scenario has said so far."""

    clients: Clients
    selector: str | None = None
    client: OpenFeatureClient | None = None
    key: str = ""
    kind: str = ""
    default: Any = None
    targeting_key: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    details: FlagEvaluationDetails[Any] | None = None


@dataclass
class Clients:
    """A client for each set of definitions, by the files' names and the hash of `fractional`."""

    folder: Path
    fractional: str = "fractional"
    urls: dict[tuple[str, ...], str] = field(default_factory=dict)
    servers: list[ThreadingHTTPServer] = field(default_factory=list)

    def client(self, selector: str | None) -> OpenFeatureClient:
        """Of all definitions but those that a selector names, or of that one's."""
        every = sorted(path.name for path in self.folder.glob("*.json"))
        files = [selector] if selector else [name for name in every if not name.startswith("selector-")]
        domain = "/".join((self.fractional, *files))
        if (self.fractional, *files) not in self.urls:
            server = serve(self._endpoint(files))
            self.servers.append(server)
            self.urls[self.fractional, *files] = url = f"http://127.0.0.1:{server.server_port}"
            api.set_provider(OFREPProvider(url), domain)
        return api.get_client(domain)

    def _endpoint(self, files: list[str]) -> FlagEndpoint:
        """Of one definition with all flags and evaluators of the files, as flagd merges its sources."""
        parts = [json.loads((self.folder / name).read_text()) for name in files]
        merged = parts[0] if len(parts) == 1 else {}
        for name in ("flags", "$evaluators"):
            merged[name] = {key: value for part in parts for key, value in part.get(name, {}).items()}
        body = encode({"schema": 1, "revision": 1, "flags": entries_of(self._imported(merged))})
        return endpoint_reading(Answer(200, {}, body, reusable=True))

    def _imported(self, definition: dict[str, Any]) -> dict[str, Any]:
        """A definition's flags, without those that the import refuses."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(definition, file)
            file.flush()
            try:
                found = from_flagd(Path(file.name), fractional=self.fractional)
                faults = problems({"flags": dict(found.flags), "evaluators": dict(found.evaluators)})
            except FlagsRefused as refused:
                faults = list(refused.problems)
        if not faults:
            return dict(found.documents())
        left_out = {place.split("/")[2] for place, _ in faults}
        return self._imported(
            {**definition, "flags": {key: flag for key, flag in definition["flags"].items() if key not in left_out}}
        )


def serve(endpoint: FlagEndpoint) -> ThreadingHTTPServer:
    """The endpoint over HTTP on a free port of the loopback, as CloudFront would ask it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): [{"key": name, "value": value}] for name, value in self.headers.items()}
            body = {"inputTruncated": False, "encoding": "base64", "data": base64.b64encode(raw).decode()}
            path, _, query = self.path.partition("?")
            request = {"clientIp": "127.0.0.1", "method": "POST", "uri": path, "querystring": query}
            answer = endpoint.answer({**request, "headers": headers, "body": body})
            sent = answer.get("body", "").encode()
            self.send_response(int(answer["status"]))
            for name, (line,) in answer["headers"].items():
                self.send_header(name, line["value"])
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the base class has it
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@contextmanager
def clients(checkout: Path) -> Iterator[dict[str, Clients]]:
    """Those for each hash of `fractional`."""
    found = {name: Clients(checkout / "flags", name) for name in ("fractional", "fractional_v1")}
    try:
        yield found
    finally:
        api.clear_providers()
        for each in found.values():
            for server in each.servers:
                server.shutdown()
                server.server_close()


def outcome(scenario: Scenario, found: dict[str, Clients]) -> str:
    """`PASS`, or the reason why not.

    Raises:
        AssertionError: it does not pass, and no reason is listed.
    """
    try:
        play(scenario, found)
    except AssertionError as failure:
        reason = BY_NAME.get(scenario.name, BY_FEATURE.get(scenario.feature))
        if reason is None:
            raise AssertionError(f"{scenario}: {failure}") from failure
        return reason
    return PASS


def outcomes(checkout: Path) -> dict[str, int]:
    """How many scenarios pass, and how many do not for each reason.

    Raises:
        AssertionError: see `outcome`.
    """
    with clients(checkout) as found:
        return Counter(outcome(each, found) for each in scenarios(checkout / "gherkin"))


def play(scenario: Scenario, found: dict[str, Clients]) -> None:
    """Every step in turn.

    Raises:
        AssertionError: a step does not hold, or there is no such step.
    """
    world = World(found["fractional_v1" if "@fractional-v1" in scenario.tags else "fractional"])
    for text, rows in scenario.steps:
        for pattern, step in _STEPS.items():
            match = re.fullmatch(pattern, text)
            if match:
                step(world, *match.groups(), *([rows] if rows else []))
                break
        else:
            raise AssertionError(f"there is no step {text!r}")


def _option(world: World, name: str, value: str) -> None:
    if name == "selector":
        world.selector = value.rpartition("/")[2]
    else:
        assert (name, value) == ("cache", "disabled"), "OFREP's client has no such option"


def _provider(world: World, kind: str) -> None:
    assert kind in ("stable", "metadata", "syncpayload"), "the endpoint is no other one"
    world.client = world.clients.client(world.selector if kind == "metadata" else None)


def _flag(world: World, kind: str, key: str, default: str) -> None:
    world.key, world.kind, world.default = key, kind, read_value(kind, default)


def _attribute(world: World, name: str, kind: str, text: str) -> None:
    world.attributes[name] = read_value(kind, text)


def _nested(world: World, outer: str, inner: str, text: str) -> None:
    world.attributes[outer] = {inner: text}


def _targeting_key(world: World, text: str) -> None:
    world.targeting_key = text


def _evaluate(world: World) -> None:
    asked = getattr(world.client, f"get_{world.kind.lower()}_details")
    world.details = asked(world.key, world.default, EvaluationContext(world.targeting_key, world.attributes))


def _value_is(world: World, text: str) -> None:
    assert world.details is not None
    assert repr(world.details.value) == repr(read_value(world.kind, text)), world.details


def _is(name: str) -> Any:
    def check(world: World, expected: str) -> None:
        value = getattr(world.details, name)
        assert (getattr(value, "value", value) or "") == expected, world.details

    return check


def _metadata(world: World, rows: tuple[dict[str, str], ...] = ()) -> None:
    assert world.details is not None
    expected = {row["key"]: read_value(row["metadata_type"], row["value"]) for row in rows}
    assert repr(sorted(world.details.flag_metadata.items())) == repr(sorted(expected.items())), world.details


_STEPS: dict[str, Any] = {
    'an option "(.*)" of type ".*" with value "(.*)"': _option,
    "an? (\\w+) flagd provider": _provider,
    'an? (\\w+)-flag with key "(.*)" and a default value "(.*)"': _flag,
    'a context containing a key "(.*)", with type "(.*)" and with value "(.*)"': _attribute,
    'a context containing a nested property with outer key "(.*)" and inner key "(.*)", with value "(.*)"': _nested,
    'a context containing a targeting key with value "(.*)"': _targeting_key,
    "the flag was evaluated with details": _evaluate,
    'the resolved details value should be "(.*)"': _value_is,
    'the reason should be "(.*)"': _is("reason"),
    'the error-code should be "(.*)"': _is("error_code"),
    'the variant should be "(.*)"': _is("variant"),
    "the resolved metadata should contain": _metadata,
    "the resolved metadata is empty": _metadata,
}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        for told, count in outcomes(checked_out(Path(temporary))).items():
            print(f"| {told} | {count} |")
