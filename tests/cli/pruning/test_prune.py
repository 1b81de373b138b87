from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edgeship.domain.version import Version
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.moto.aws import NAMES, Aws


def test_prune_shows_what_it_would_delete_and_deletes_it_with_yes(
    at_once: CommandLine, pipeline: Pipeline, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    edgeship = at_once
    for version in ("1.0.0", "1.0.1", "1.0.2", "1.0.3"):
        pipeline.ship("checkout", version)
    assert edgeship("prune", "checkout", "--json").document["releases"] == []
    later = datetime.now(UTC) + timedelta(days=200)
    monkeypatch.setattr("edgeship.bootstrap.runtime.utc_now", lambda: later)
    before = aws.items()
    shown = edgeship("prune", "checkout", "--keep", "1", "--json")
    assert shown.code == 0
    assert_as_documented(shown.document, "edgeship prune")
    assert shown.document["dry_run"] is True
    assert [each["version"] for each in shown.document["releases"]] == ["1.0.1", "1.0.0"]
    assert "repeat with --yes" in edgeship("prune", "checkout", "--keep", "1").out
    assert aws.items() == before
    done = edgeship("prune", "checkout", "--keep", "1", "--pin", "1.0.1", "--yes", "--json")
    assert [(each["version"], each["deleted"]) for each in done.document["releases"]] == [("1.0.0", True)]
    site = aws.objects(NAMES.site_bucket)
    assert not [key for key in site if key.startswith("checkout/v1.0.0/")]
    assert [key for key in site if key.startswith("checkout/v1.0.1/")]
    release = aws.state.release("checkout", Version(1, 0, 0))
    assert release is not None
    assert release.pruned is not None
    assert "1.0.0 pruned" in edgeship("history", "checkout").out
    assert edgeship("prune", "checkout", "--keep", "1", "--pin", "1.0.1", "--yes").code == 0
    again = edgeship("promote", "checkout", "1.0.0", "--now", "--json")
    assert (again.code, again.document["error"]["code"]) == (1, "pruned")
    refused = edgeship("prune", "checkout", "--older-than", "1d", "--json")
    assert (refused.code, refused.document["error"]["code"]) == (1, "age_invalid")
