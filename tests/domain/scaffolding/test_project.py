"""From wishes to files, with the templates that edgeship has."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeship.cli.scaffolding.templates import read_templates
from edgeship.domain.deploying.project_file import project_file
from edgeship.domain.errors import Refused
from edgeship.domain.scaffolding.project import Ci, Skeleton, Wishes, files_of, next_commands, project_text
from infra.options import SynthOptions
from tests.infra.contexts import EVERY_OPTION
from tests.support.repository import ROOT

TEMPLATES = read_templates()
WISHES = Wishes("checkout", "production")
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize("ci", Ci)
@pytest.mark.parametrize("skeleton", Skeleton)
def test_every_choice_gives_whole_files(skeleton: Skeleton, ci: Ci) -> None:
    files = files_of(replace(WISHES, skeleton=skeleton, ci=ci), TEMPLATES)
    assert not [path for path, text in files.items() if re.search(r"@[A-Z]+@", text) or not text.endswith("\n")]
    assert (".github/workflows/widget.yml" in files) == (ci in (Ci.GITHUB, Ci.BOTH))
    assert (".gitlab-ci.yml" in files) == (ci in (Ci.GITLAB, Ci.BOTH))
    assert ("package.json" in files) == (skeleton is not Skeleton.NONE)
    assert next_commands(replace(WISHES, skeleton=skeleton, ci=ci))[-1].startswith("edgeship publish ")


@pytest.mark.parametrize(
    ("name", "path"), [("github.yml", ".github/workflows/widget.yml"), ("gitlab-ci.yml", ".gitlab-ci.yml")]
)
def test_the_workflows_are_those_of_the_docs(name: str, path: str) -> None:
    files = files_of(replace(WISHES, ci=Ci.BOTH), TEMPLATES)
    assert files[path] == (ROOT / "docs" / "ci" / name).read_text()


def test_a_workflow_names_the_widget_and_the_environment() -> None:
    files = files_of(Wishes("chat", "staging", ci=Ci.BOTH), TEMPLATES)
    for path in (".github/workflows/widget.yml", ".gitlab-ci.yml"):
        assert files[path].count("--widget chat ") == 2
        assert "EDGESHIP_ENV: staging\n" in files[path]


@pytest.mark.parametrize("skeleton", [skeleton for skeleton in Skeleton if skeleton is not Skeleton.NONE])
def test_a_lock_is_of_its_package(skeleton: Skeleton) -> None:
    """`npm ci` refuses another one."""
    files = files_of(replace(WISHES, skeleton=skeleton), TEMPLATES)
    package, lock = json.loads(files["package.json"]), json.loads(files["package-lock.json"])
    root = lock["packages"][""]
    assert (package["name"], package["version"]) == (lock["name"], lock["version"]) == (root["name"], root["version"])
    for kind in ("dependencies", "devDependencies"):
        assert package.get(kind, {}) == root.get(kind, {})
    assert all(
        entry["integrity"].startswith("sha512-") and "resolved" not in entry
        for path, entry in lock["packages"].items()
        if path
    )


@pytest.mark.parametrize(
    ("widget", "element"), [("checkout", "checkout-widget"), ("chat-box", "chat-box"), ("3d-view", "widget-3d-view")]
)
def test_an_element_has_a_valid_name(widget: str, element: str) -> None:
    assert Wishes(widget, "production").element == element


@pytest.mark.parametrize(
    ("domain", "certificate"), [(None, None), ("w.example.com", None), ("w.example.com", CERTIFICATE)]
)
def test_a_domain_waits_for_its_certificate(domain: str | None, certificate: str | None) -> None:
    wishes = replace(WISHES, domain=domain, certificate=certificate)
    options = project_file(tomllib.loads(project_text(wishes))).context("production")
    assert options.get("domain_name") == (domain if certificate else None)
    assert SynthOptions.from_context({**options, "environment": "production", "account": "1" * 12}).previews
    asked = [command for command in next_commands(wishes) if "request-certificate" in command]
    assert bool(asked) == bool(domain and not certificate)


def test_context_keys_stay_valid() -> None:
    wishes = replace(WISHES, options=EVERY_OPTION)
    options = project_file(tomllib.loads(project_text(wishes))).context("production")
    rest = {"environment": "production", "account": "1" * 12}
    expected = {"previews": "true", **EVERY_OPTION, **rest}
    assert SynthOptions.from_context({**options, **rest}) == SynthOptions.from_context(expected)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_value_of_an_option_comes_back(value: str) -> None:
    text = project_text(replace(WISHES, options={"alarm_email": value}))
    assert project_file(tomllib.loads(text)).context("production")["alarm_email"] == value


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"widget": "Check Out"}, "widget_invalid"), ({"domain": "https://a.example"}, "domain_invalid")],
)
def test_what_can_not_be_is_refused(wrong: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        replace(WISHES, **wrong)  # type: ignore[arg-type]
    assert refused.value.code == code
