from __future__ import annotations

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.pipeline import Pipeline
from tests.support.bundles import tar_gz
from tests.support.moto.aws import NAMES, Aws


def test_what_runs_from_the_command_line(edgeship: CommandLine, aws: Aws) -> None:
    assert "nothing is set" in edgeship("environment", "show").out
    done = edgeship("environment", "set", "api", "4.2", "--reason", "deployed", "--json")
    assert (done.code, done.err, done.document["changed"]) == (0, "", True)
    assert_as_documented(done.document, "edgeship environment set")
    again = edgeship("environment", "set", "api", "4.2", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    assert "api is 4.2 already" in again.err
    shown = edgeship("environment", "show", "--json").document
    assert_as_documented(shown, "edgeship environment show")
    assert (shown["running"]["api"]["version"], shown["running"]["api"]["cause"]) == ("4.2", "deployed")
    gone = edgeship("environment", "unset", "api", "--json")
    assert_as_documented(gone.document, "edgeship environment unset")
    assert aws.state.environment().running == {}
    for words, code in (
        (("unset", "api"), "not_set"),
        (("set", "Api", "4"), "name_invalid"),
        (("set", "api", "four"), "version_invalid"),
    ):
        refused = edgeship("environment", *words, "--json")
        assert (refused.code, refused.document["error"]["code"]) == (1, code)


def test_an_upload_that_requires_more_waits_and_status_says_what_is_not_served(
    edgeship: CommandLine, pipeline: Pipeline, aws: Aws
) -> None:
    edgeship("environment", "set", "api", "4.2")
    for version, wanted in (("1.0.0", ">=3 <5"), ("1.1.0", "^5")):
        body = tar_gz({"widget.js": version.encode()}, {"requires": {"api": wanted}})
        aws.s3.put_object(Bucket=NAMES.inbox_bucket, Key=f"incoming/checkout/{version}.tar.gz", Body=body)
        pipeline.run()
    (widget,) = edgeship("status", "checkout", "--json").document["widgets"]
    assert (widget["channels"][0]["version"], widget["unserved"]) == ("1.0.0", [])
    assert widget["waiting"] == [{"version": "1.1.0", "reason": "1.1.0 requires api ^5, and api is 4.2"}]
    listed = edgeship("releases", "checkout", "--json").document["releases"]
    assert [release["requires"] for release in listed] == [{"api": "^5"}, {"api": ">=3 <5"}]
    promote = edgeship("promote", "checkout", "1.1.0", "--json").document["error"]
    assert promote["code"] == "requirement_unmet"
    changed = edgeship("environment", "set", "api", "6")
    assert "NOT SERVED latest of checkout: 1.0.0 requires api >=3 <5, and api is 6" in changed.out
    (widget,) = edgeship("status", "checkout", "--json").document["widgets"]
    assert widget["unserved"] == [
        {"channel": "latest", "version": "1.0.0", "reason": "1.0.0 requires api >=3 <5, and api is 6"}
    ]
    shown = edgeship("status").out
    assert "NOT SERVED  1.0.0 requires api >=3 <5, and api is 6" in shown
    assert "edgeship promote checkout VERSION" in shown
    assert "api 4.2 → 6" in edgeship("history", "checkout").out
