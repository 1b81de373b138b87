from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edgeship.application.deploying.deploy_environment import DeployEnvironment
from edgeship.application.deploying.destroy_environment import DestroyEnvironment
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.fakes.deploying import FakeCloud

STACK = "edgeship-test"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> FakeCloud:
    """What the commands deploy to, in place of AWS and the CDK."""
    made = FakeCloud()
    composed = "edgeship.cli.deploying.composed"
    monkeypatch.setattr(f"{composed}.deployment", lambda *_: DeployEnvironment(made, made, made, made))
    monkeypatch.setattr(f"{composed}.destruction", lambda _: DestroyEnvironment(made))
    return made


@dataclass
class Screen:
    """A standard input where a person types a line."""

    typed: str

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return self.typed


def test_without_a_terminal_the_changes_are_shown_and_nothing_is_done(edgeship: CommandLine, cloud: FakeCloud) -> None:
    done = edgeship("deploy")
    assert (done.code, cloud.done) == (2, [])
    assert "diff" in done.err
    assert "--yes" in done.err
    assert "Concurrent executions: 10" in done.err


def test_a_deploy(edgeship: CommandLine, cloud: FakeCloud) -> None:
    done = edgeship("deploy", "--yes", "--json")
    assert (done.code, cloud.done) == (0, ["deploy first", "deploy whole"])
    assert done.document["changed"]
    assert "2 of 2" in done.err
    shown = done.document
    assert shown["stack"] == STACK
    shown["outputs"] = {"DistributionDomainName": "d111111abcdef8.cloudfront.net"}
    assert_as_documented(shown, "edgeship deploy")


@pytest.mark.parametrize(("typed", "code", "deeds"), [("n\n", 1, 0), ("\n", 1, 0), ("y\n", 0, 2)])
def test_a_person_is_asked(
    edgeship: CommandLine, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, typed: str, code: int, deeds: int
) -> None:
    monkeypatch.setattr("sys.stdin", Screen(typed))
    assert edgeship("deploy").code == code
    assert len(cloud.done) == deeds


@pytest.mark.parametrize(
    ("cloud_state", "said"),
    [({"fails": "deploy first"}, "is ROLLBACK_COMPLETE"), ({"dies_at": "deploy whole"}, "is CREATE_COMPLETE")],
)
def test_a_deploy_that_ends_early_says_how_the_stack_is_and_what_to_type(
    edgeship: CommandLine, cloud: FakeCloud, cloud_state: dict[str, Any], said: str
) -> None:
    for name, value in cloud_state.items():
        setattr(cloud, name, value)
    done = edgeship("deploy", "--yes")
    assert done.code == 3
    assert said in done.err
    assert "edgeship deploy again" in done.err


def test_the_account_that_is_given_is_that_of_the_credentials(edgeship: CommandLine, cloud: FakeCloud) -> None:
    assert edgeship("deploy", "--yes", "--account", "999999999999").code == 2
    assert cloud.done == []


@pytest.mark.parametrize(
    ("words", "protected", "code"),
    [(("--yes",), False, 0), (("--yes",), True, 2), (("--yes", "--unprotect"), True, 0), ((), False, 2)],
)
def test_a_destroy(edgeship: CommandLine, cloud: FakeCloud, words: tuple[str, ...], protected: bool, code: int) -> None:
    cloud.put(STACK, "UPDATE_COMPLETE", protected=protected)
    done = edgeship("destroy", "--json", *words)
    assert done.code == code
    assert (STACK in cloud.stacks) == (code != 0)
    if code == 0:
        assert_as_documented(done.document, "edgeship destroy")


def test_edgeship_toml_names_the_environment_and_its_options(
    edgeship: CommandLine, cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGESHIP_ENV")
    Path("edgeship.toml").write_text('environment = "shop"\n[environments.shop]\nedge_regions = ["eu-west-1"]\n')
    Path("cdk.json").write_text(json.dumps({"context": {"edge_regions": "sa-east-1", "@aws-cdk/core:x": True}}))
    assert edgeship("deploy", "--yes").code == 0
    assert list(cloud.stacks) == ["edgeship-shop"]


def test_what_is_no_option_is_refused(edgeship: CommandLine, cloud: FakeCloud) -> None:
    assert edgeship("deploy", "-c", "tracing").code == 2
    Path("edgeship.toml").write_text("nonsense = ")
    done = edgeship("deploy", "--yes")
    assert (done.code, cloud.done) == (1, [])
    assert "edgeship.toml is no TOML" in done.err
