"""Every command with each policy for people: whether it does its work, else what it says; and that nothing is written
that the policy does not allow to write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import CommandLine, Outcome
from tests.cli.pipeline import Pipeline
from tests.cli.test_every_command import LINES, READS_FILES, build
from tests.infra.synthesised import stack
from tests.infra.template import Template
from tests.support.moto.aws import NAMES
from tests.support.moto.models import object_versions, table_items
from tests.support.permissions.identity import Identity
from tests.support.permissions.session import WHO, PermittedSession, permitted_session

__all__ = ["build"]

POLICIES = {
    "viewer": "AccessViewer",
    "checkout.viewer": "AccessWidgetcheckoutviewer",
    "chat-bubble.operator": "AccessWidgetchatbubbleoperator",
    "uploader": "AccessUploader",
    "checkout.uploader": "AccessWidgetcheckoutuploader",
    "checkout.operator": "AccessWidgetcheckoutoperator",
    "operator": "AccessOperator",
}
"""The beginnings of their logical ids; those that may do something come last."""

UPLOADS = {"publish"}
ACTS = {
    *("promote", "rollback", "unlock", "unquarantine", "route", "propagate", "rollout start", "policy set"),
    *(f"rollout {act}" for act in ("hold", "pause", "resume", "advance", "cancel", "abort")),
}
"""On one widget."""
OF_THE_ENVIRONMENT = {
    *("freeze", "unfreeze", "environment set", "environment unset", "identity remove"),
    *("flags toggle", "flags delete", "notifications test"),
}
"""Acts on what widgets share: no policy of one widget allows them."""
SHARED = {
    *("logs", "environment show", "identity list", "flags list", "flags get", "flags stale", "notifications get"),
}
"""They read what is the environment's."""
AROUND_UPLOADS = {"policy get", "environment show", "rollout watch", "resolve", "prune"}
"""They read no more than who follows an upload, or than is left of it without the edge's store."""
OVERVIEW = "status"
"""Without a widget it reads channels of each."""

SETTING = {
    "promote": ("rollout", "cancel", "checkout"),
    "rollout start": ("rollout", "cancel", "checkout"),
    "rollout resume": ("rollout", "pause", "checkout"),
    "unlock": ("rollback", "checkout"),
    "unquarantine": ("rollback", "checkout"),
    "unfreeze": ("freeze", "checkout", "--until", "1h", "--reason", "holidays"),
    "environment unset": ("environment", "set", "api", "3"),
    "flags get": ("flags", "apply", "flags.json"),
    "flags toggle": ("flags", "apply", "flags.json"),
    "flags delete": ("flags", "apply", "flags.json"),
}
"""What an administrator does before, so that there is something to do."""
RULES_FIRST = {"unquarantine", "route", "identity remove", "notifications test"}
"""There is nothing to do for these: so says a rule, to whom may read."""


@pytest.fixture(scope="module")
def customised() -> Template:
    return stack("customised")


@pytest.fixture
def permitted(edgeship: CommandLine, monkeypatch: pytest.MonkeyPatch) -> Iterator[PermittedSession]:
    session = permitted_session()
    session.identity = None
    monkeypatch.setattr("boto3.Session", lambda **_: session)
    # Neither URL is looked for in the stack, which moto has not; and nothing answers there, at once.
    for name in ("EDGESHIP_URL", "EDGESHIP_SECOND_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    flag = {"variants": {"on": True, "off": False}, "default_variant": "on"}
    Path("flags.json").write_text(json.dumps({"flags": {"dark": flag}}))
    yield session
    session.identity = None


def state() -> dict[str, Any]:
    buckets = (NAMES.inbox_bucket, NAMES.site_bucket, NAMES.config_bucket)
    return {"table": table_items(NAMES.table), **{bucket: object_versions(bucket) for bucket in buckets}}


def name_of(line: tuple[str, ...]) -> str:
    two = " ".join(line[:2])
    return two if line[0] in ("rollout", "policy", "environment", "identity", "flags", "notifications") else line[0]


def may(policy: str, line: tuple[str, ...]) -> bool:
    """Whether a policy has all that the command needs."""
    widget, _, form = policy.rpartition(".")
    command = name_of(line)
    if widget and (command in OF_THE_ENVIRONMENT or line == (OVERVIEW,)):
        return False
    if widget not in ("", "checkout") and command not in SHARED:
        return False
    if form == "uploader":
        return command in UPLOADS | AROUND_UPLOADS
    return form == "operator" or command not in UPLOADS | ACTS | OF_THE_ENVIRONMENT


@pytest.mark.parametrize("line", [line for line in LINES if line[0] not in READS_FILES], ids=" ".join)
def test_with_each_policy(
    rolling: CommandLine, permitted: PermittedSession, build: None, customised: Template, line: tuple[str, ...]
) -> None:
    if name_of(line) in SETTING:
        assert rolling(*SETTING[name_of(line)], "--json").code == 0
    for policy in POLICIES:
        before = state()
        permitted.identity = Identity.of_policies(customised, POLICIES[policy])
        done = rolling(*line, "--json")
        writes = may(policy, line) and name_of(line) in UPLOADS | ACTS | OF_THE_ENVIRONMENT
        assert writes or state() == before, policy
        if may(policy, line) or (name_of(line) in RULES_FIRST and done.code == 1):
            assert '"access_denied"' not in done.out, (policy, done.out)
        else:
            denied_plainly(done, policy)


def denied_plainly(done: Outcome, policy: str) -> None:
    assert (done.code, done.document["error"]["code"]) == (3, "access_denied"), (policy, done.out)
    reason, remedy = done.document["error"]["reason"], done.document["error"]["remedy"]
    assert re.fullmatch(rf"The credentials of {WHO} lack the permission [\w-]+:\w+ on arn:\S+\.", reason)
    assert re.match(r"Use credentials that carry the (viewer|uploader|operator) (or the operator )?policy", remedy)


def test_of_what_reads_files(
    edgeship: CommandLine, pipeline: Pipeline, permitted: PermittedSession, build: None, customised: Template
) -> None:
    for version in ("1.0.0", "1.1.0"):
        pipeline.ship("checkout", version)
    before = state()
    for line in LINES:
        for policy, prefix in POLICIES.items() if line[0] in READS_FILES else ():
            permitted.identity = Identity.of_policies(customised, prefix)
            done = edgeship(*line, "--json")
            assert state() == before
            if may(policy, line):
                assert '"access_denied"' not in done.out, (policy, line, done.out)
            else:
                denied_plainly(done, policy)
