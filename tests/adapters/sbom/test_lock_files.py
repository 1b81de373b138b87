"""One project (`locks/package.json`), locked by npm 11, pnpm 8 and 9, and Yarn 1 and 4."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeship.adapters.sbom.cyclonedx_document import write_sbom
from edgeship.adapters.sbom.integrity import integrity_hashes
from edgeship.adapters.sbom.lock_files import read_lock_file
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UploadKey
from edgeship.domain.provenance.locked import LockedPackage, LockedProject
from edgeship.domain.version import Version
from tests.support.repository import ROOT

LOCKS = Path(__file__).parent / "locks"
ALL = sorted(LOCKS.glob("*/*"))
KEY = UploadKey("checkout", Version.parse("1.4.2"), ".tar.gz")
UTILS, CORE, DOM = "@floating-ui/utils@0.2.12", "@floating-ui/core@1.8.0", "@floating-ui/dom@1.6.1"
NUMBER, PAD, PREACT, REGEX = "is-number@7.0.0", "left-pad@1.3.0", "preact@10.19.3", "to-regex-range@5.0.1"


@pytest.mark.parametrize("lock", ALL, ids=lambda lock: lock.parent.name)
def test_every_package_manager_pins_the_same_packages(lock: Path) -> None:
    project = read_lock_file(lock)
    assert {package.id: package.depends_on for package in project.packages} == {
        **dict.fromkeys((UTILS, NUMBER, PAD, PREACT), ()),
        CORE: (UTILS,),
        DOM: (CORE, UTILS),
        REGEX: (NUMBER,),
    }
    # Yarn 1 does not have the project itself: what something else needs, too, is not known to be its own.
    own = {DOM, PAD, PREACT, REGEX} | (set() if lock.parent.name == "yarn-1" else {NUMBER})
    assert set(project.direct) == own
    yarn = lock.name == "yarn.lock"
    assert [p.id for p in project.packages if p.development] == ([] if yarn else [REGEX])
    assert [p.id for p in project.packages if p.optional] == ([] if yarn else [PAD])
    hashes = {p.id: dict(p.hashes) for p in project.packages}
    if lock.parent.name == "yarn-4":  # its checksums are of archives of its own
        assert not any(hashes.values())
    else:
        assert hashes[PREACT] == {"SHA-512": hashes_of_npm()[PREACT]}
        assert all("SHA-512" in each for each in hashes.values())


def hashes_of_npm() -> dict[str, str]:
    return {p.id: dict(p.hashes)["SHA-512"] for p in read_lock_file(LOCKS / "npm" / "package-lock.json").packages}


@pytest.mark.parametrize("lock", [*ALL, ROOT / "tests/browser/lab/widgets/package-lock.json"], ids=str)
def test_an_sbom_keeps_the_schema_of_cyclonedx_and_is_the_same_again(lock: Path) -> None:
    content = write_sbom(KEY, read_lock_file(lock))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(content.decode()) is None
    assert write_sbom(KEY, read_lock_file(lock)) == content
    document = json.loads(content)
    assert document["metadata"] == {
        "component": {"bom-ref": "checkout@1.4.2", "name": "checkout", "type": "application", "version": "1.4.2"}
    }
    refs = [component["bom-ref"] for component in document["components"]]
    assert len(refs) == len(set(refs))
    assert {each["ref"] for each in document["dependencies"]} == {"checkout@1.4.2", *refs}


def test_what_an_sbom_says_of_a_package() -> None:
    document = json.loads(write_sbom(KEY, read_lock_file(LOCKS / "npm" / "package-lock.json")))
    found = {component["purl"]: component for component in document["components"]}
    dom, regex = found["pkg:npm/%40floating-ui/dom@1.6.1"], found["pkg:npm/to-regex-range@5.0.1"]
    assert (dom["group"], dom["name"], dom["licenses"]) == ("@floating-ui", "dom", [{"license": {"id": "MIT"}}])
    assert dom["hashes"][0]["content"] == hashes_of_npm()[DOM]
    assert regex["properties"] == [{"name": "cdx:npm:package:development", "value": "true"}]
    assert found["pkg:npm/left-pad@1.3.0"]["scope"] == "optional"
    serial = document["serialNumber"]
    other = UploadKey("checkout", Version.parse("1.4.3"), ".tar.gz")
    assert json.loads(write_sbom(other, LockedProject.of([], [])))["serialNumber"] != serial


def test_a_workspace_and_a_nested_copy(tmp_path: Path) -> None:
    lock = {
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "shop", "workspaces": ["packages/*"]},
            "node_modules/cart": {"resolved": "packages/cart", "link": True},
            "packages/cart": {"name": "cart", "version": "1.0.0", "dependencies": {"a": "1", "b": "1"}},
            "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "2", "cart": "*"}},
            "node_modules/b": {"version": "1.0.0"},
            "node_modules/a/node_modules/b": {"version": "2.0.0"},
            "packages/cart/node_modules/b": {"version": "1.0.0", "dev": True},
        },
    }
    location = tmp_path / "package-lock.json"
    location.write_text(json.dumps(lock))
    project = read_lock_file(location)
    assert {p.id: p.depends_on for p in project.packages} == {"a@1.0.0": ("b@2.0.0",), "b@1.0.0": (), "b@2.0.0": ()}
    assert (project.direct, [p.development for p in project.packages]) == (("a@1.0.0", "b@1.0.0"), [False] * 3)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bun.lockb", "{}"),
        ("package-lock.json", "{"),
        ("package-lock.json", "[]"),
        ("package-lock.json", '{"lockfileVersion": 1, "dependencies": {}}'),
        ("package-lock.json", '{"packages": {"node_modules/a": 1}}'),
        ("package-lock.json", "[" * 100_000),
        ("pnpm-lock.yaml", "lockfileVersion: '5.4'"),
        ("pnpm-lock.yaml", "lockfileVersion: '9.0'\npackages: 1"),
        ("pnpm-lock.yaml", "a: [\n"),
        ("yarn.lock", ""),
        ("yarn.lock", "# yarn lockfile v1\n"),
        ("yarn.lock", "# yarn lockfile v1\n      deep 1\n"),
        ("yarn.lock", "# yarn lockfile v1\na@1:\n  resolved x\n"),
        ("yarn.lock", '# yarn lockfile v1\na@1:\n  version "1.0.0\n'),
    ],
)
def test_what_is_no_lock_file_is_refused(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(Refused) as refused:
        read_lock_file(tmp_path / name)
    assert refused.value.code == "lock_invalid"
    with pytest.raises(Refused, match="can't be read"):
        read_lock_file(tmp_path / "none" / "yarn.lock")


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_lock_file_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    lock = data.draw(st.sampled_from(ALL))
    content = bytearray(lock.read_bytes())
    start = data.draw(st.integers(0, len(content)))
    del content[start : start + data.draw(st.integers(1, 40))]
    (tmp_path / lock.name).write_bytes(content)
    try:
        write_sbom(KEY, read_lock_file(tmp_path / lock.name))
    except Refused as refused:
        assert refused.code == "lock_invalid"  # noqa: PT017  or it is read


def test_only_whole_hashes_count() -> None:
    assert integrity_hashes("sha512-AAAA md5-AAAA sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk= sha256-?") == (
        ("SHA-1", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    )


def test_copies_of_a_version_are_one_package() -> None:
    copies = [LockedPackage("a", "1", development=True), LockedPackage("a", "1", optional=True, depends_on=("b@1",))]
    project = LockedProject.of([*copies, LockedPackage("b", "1")], ["a@1", "gone@1"])
    assert project.packages[0] == LockedPackage("a", "1", depends_on=("b@1",))
    assert project.direct == ("a@1",)
