"""`edgeship.json`: one schema for command line, function and editors; and what it accepts is carried to the end."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeship.adapters.documents.declarations import json_schema, read_declaration
from edgeship.adapters.documents.manifests import dump_manifest, load_manifest
from edgeship.adapters.dynamodb.attributes import deserialize, serialize
from edgeship.adapters.dynamodb.items import event_item, to_item, to_release
from edgeship.domain.errors import Refused
from edgeship.domain.events import Occasion
from edgeship.domain.releases.limits import Limits
from edgeship.domain.releases.manifest import FileEntry, Manifest
from edgeship.domain.releases.release import register
from edgeship.domain.version import Version
from tests.support.json_schema import faults
from tests.support.repository import ROOT

SCHEMA = ROOT / "docs" / "schemas" / "edgeship.schema.json"
SHA, SRI = "ab" * 32, "sha384-" + "A" * 64
EVERYTHING: dict[str, Any] = {
    "$schema": "https://example.com/edgeship.schema.json",
    "schema": 1,
    "widget": "checkout",
    "version": "1.0.0-rc.1",
    "created_at": "2026-11-22T08:00:00.123+02:00",
    "git_commit": "0123abcdef",
    "entrypoint": "größe/widget.js",
    "kind": "module",
    "imports": ["a.js"],
    "style": None,
    "requires": {"api": ">=3 <5", "search.v2": "^1.2 || 4"},
    "changes": {"breaking": [], "features": ["new"], "fixes": []},
    "files": {"widget.js": {"size": 1, "sha256": SHA, "sri": SRI, "content_type": "text/javascript"}, "a.js": {}},
}


def read(content: object, folder: Path) -> Any:
    location = folder / "edgeship.json"
    location.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return read_declaration(location, Limits().declaration_bytes)


def test_the_schema_is_that_of_the_model() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema(), "run: python -m tests.adapters.documents.write_schema"


@pytest.mark.parametrize("document", [{}, EVERYTHING, dict.fromkeys(EVERYTHING)])
def test_what_may_be_declared(document: dict[str, Any], tmp_path: Path) -> None:
    assert not faults(document, json_schema())
    assert read(document, tmp_path).version == document.get("version")


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("schema", 2, "schema"),
        ("widget", "a" * 64, "widget"),
        ("widget", "Checkout", "widget"),
        ("widget", 1, "widget"),
        ("version", "1" * 65, "version"),
        ("created_at", "yesterday", "created_at"),
        ("created_at", 1_700_000_000, "created_at"),
        ("created_at", "2026-11-22T08:00:00", "created_at"),
        ("created_at", "2026-11-22T08:00:00." + "0" * 450_000 + "Z", "created_at"),
        ("git_commit", "main", "git_commit"),
        ("entrypoint", "x" * 513, "entrypoint"),
        ("entrypoint", "", "entrypoint"),
        ("kind", "script", "kind"),
        ("requires", {"api": ">=3,<5"}, "requires.api"),
        ("requires", {"api": "4.x"}, "requires.api"),
        ("requires", {"Api": "4"}, "requires.Api"),
        ("requires", {"api": 4}, "requires.api"),
        ("requires", {f"n{i}": "4" for i in range(21)}, "requires"),
        ("changes", {"fixes": ["x" * 2_001]}, "changes.fixes.0"),
        ("changes", {"fixes": ["x"] * 501}, "changes.fixes"),
        ("changes", {"fixed": []}, "changes.fixed"),
        ("files", {"a.js": {"size": -1}}, "files.a.js.size"),
        ("files", {"a.js": {"size": 1 << 60}}, "files.a.js.size"),
        ("files", {"a.js": {"sha256": "AB" * 32}}, "files.a.js.sha256"),
        ("files", {"a.js": {"sri": "sha256-AAAA"}}, "files.a.js.sri"),
        ("files", {"a.js": {"bytes": 1}}, "files.a.js.bytes"),
        ("files", {"x" * 513: {}}, "files"),
        ("files", [], "files"),
        ("imports", ["x"] * 20_001, "imports"),
        ("entryPoint", "widget.js", "entryPoint"),
    ],
)
def test_what_may_not_be_declared_is_named(field: str, value: object, place: str, tmp_path: Path) -> None:
    document = {**EVERYTHING, field: value}
    with pytest.raises(Refused) as refused:
        read(document, tmp_path)
    assert refused.value.code == "declaration_invalid"
    assert place in refused.value.reason
    assert len(str(refused.value)) < 2_000
    assert faults(document, json_schema())


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"created_at": "yesterday"}, "created_at: is not a time such as 2026-11-27T10:00:00Z"),
        ({"widget": "Checkout"}, "widget: is not a name of 1 to 63 lower-case letters, digits and inner hyphens"),
        ({"git_commit": "main"}, "git_commit: is not 7 to 64 hex digits"),
        ({"files": {"a.js": {"sha256": "x"}}}, "files.a.js.sha256: is not 64 lower-case hex digits"),
        ({"files": {"a.js": {"sri": "x"}}}, "files.a.js.sri: is not sha384- and 64 characters of base64"),
    ],
)
def test_a_form_is_said_in_words(document: dict[str, Any], says: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(document, tmp_path)
    assert f" is not a manifest: {says}." in refused.value.reason


@pytest.mark.parametrize("field", ["created_at", "git_commit"])
def test_a_line_break_at_the_end_is_part_of_a_value(field: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=field):
        read({field: EVERYTHING[field] + "\n"}, tmp_path)


@pytest.mark.parametrize("time", ["2026-02-30T00:00:00Z", "0001-01-01T00:00:00+14:00", "2026-02-20T00:00:00+24:00"])
def test_a_time_is_in_the_calendar(time: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="created_at: is no time that a calendar has"):
        read({"created_at": time}, tmp_path)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "line 1, column 2"),
        (b"null", "not an object"),
        (b"[]", "not an object"),
        (b"\xff{}", "UTF-8"),
        (b'{"entrypoint": "\\ud800"}', "surrogate"),
        (b'{"version": NaN}', "NaN"),
        (b'{"version": ' + b"1" * 5_000 + b"}", "too long"),
        (b'{"entrypoint": "a.js", "entrypoint": "b.js"}', "'entrypoint' is in one object twice"),
        (b"[" * 1_000_000, "nested"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"files": {' + b",".join(b'"%d":{}' % n for n in range(20_001)) + b"}}", "20,001 entries in files"),
        (b'{"files": {"a": {' + b",".join(b'"%d":1' % n for n in range(51)) + b"}}}", "51 entries in files.a"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(51)) + b"}", "51 entries"),
        (b'{"' + b"n" * 500_000 + b'": 1}', "no such field"),
        (b" " * (5 * 1024 * 1024 + 1), "larger than"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place(content: bytes, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        read(content, tmp_path)
    assert refused.value.code == "declaration_invalid"
    assert reason in refused.value.reason
    assert len(str(refused.value)) < 2_000


TIMES = st.builds(
    lambda at, tail: at.isoformat(timespec="seconds") + tail,
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)),  # noqa: DTZ001  the tail has the offset
    st.from_regex(r"(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])", fullmatch=True),
)
DECLARED = st.fixed_dictionaries(
    {},
    optional={
        "created_at": st.none() | TIMES,
        "git_commit": st.none() | st.from_regex(r"[0-9a-fA-F]{7,64}", fullmatch=True),
        "changes": st.fixed_dictionaries({}, optional={"fixes": st.lists(st.text(max_size=50), max_size=3)}),
    },
)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(declared=DECLARED)
def test_what_is_accepted_is_carried_to_the_end(declared: dict[str, Any], tmp_path: Path) -> None:
    said = read(declared, tmp_path)
    manifest = Manifest(
        widget="checkout",
        version=Version.parse("1.0.0"),
        created_at=said.created_at or "2026-11-22T08:00:00Z",
        git_commit=said.git_commit,
        entrypoint="widget.js",
        files={"widget.js": FileEntry(1, SHA, SRI, "text/javascript")},
        changes={kind: tuple(entries) for kind, entries in said.changes.items()},
    )
    carried = load_manifest(dump_manifest(manifest)).to_dict()
    assert carried == manifest.to_dict()
    for name, value in declared.items():
        if value is not None and name != "changes":
            assert carried[name] == value
    release, event = register(manifest, Occasion("test", "ci", "upload", datetime(2026, 11, 22, tzinfo=UTC)))
    item = serialize(to_item(release))
    assert to_release(deserialize(item)).created_at == manifest.created_at
    assert len(json.dumps(item)) + len(json.dumps(event_item(event))) < 10_000
    assert read(json.loads(dump_manifest(manifest)), tmp_path).git_commit == said.git_commit
