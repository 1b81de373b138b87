"""Signatures from the key to the table: who may publish what, and what happens to all other uploads."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edgeship.domain.provenance.envelope import Envelope
from edgeship.domain.provenance.statement import Statement
from edgeship.domain.releases.rejection import Rejection
from edgeship.domain.releases.release import Release
from edgeship.resource_names import SIGNATURE_METADATA
from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented
from tests.cli.loopback import cdn, serving
from tests.cli.pipeline import Pipeline
from tests.cli.releases.test_publish import write
from tests.support.bundles import WIDGET, tar_gz
from tests.support.moto.aws import NAMES, Aws
from tests.support.moto.sessions import kept_session
from tests.support.signing import CI, OTHER, Key


@pytest.fixture
def signing(edgeship: CommandLine) -> CommandLine:
    """checkout may be published by `ci`, and chat by `chat-ci`; the keys are files of this folder."""
    for name, key, widget in (("ci", CI, "checkout"), ("chat-ci", OTHER, "chat")):
        Path(f"{name}.pem").write_bytes(key.pem)
        Path(f"{name}.pub").write_bytes(key.public_pem)
        added = edgeship(
            "identity", "add", name, "--public-key", f"{name}.pub", "--widgets", widget, "--reason", "ours"
        )
        assert added.code == 0
    write(Path("dist"), WIDGET)
    return edgeship


def publish(edgeship: CommandLine, *more: str, dist: str = "dist", version: str = "1.0.0") -> None:
    done = edgeship("publish", dist, "--widget", "checkout", "--version", version, *more, "--json")
    assert (done.code, done.document["uploaded"]) == (0, True), done.err


def put(aws: Aws, body: bytes, signature: str | None, version: str = "1.0.0") -> None:
    """As any S3 client would."""
    metadata = {SIGNATURE_METADATA: signature} if signature is not None else {}
    aws.s3.put_object(
        Bucket=NAMES.inbox_bucket, Key=f"incoming/checkout/{version}.tar.gz", Body=body, Metadata=metadata
    )


def outcome(pipeline: Pipeline) -> str:
    """The code of the refusal of the one upload that arrived; `registered` without one."""
    (done,) = pipeline.run()
    return done.code if isinstance(done, Rejection) else "registered"


def now() -> datetime:
    return datetime.now(UTC)


def test_what_ci_signed_is_registered(signing: CommandLine, aws: Aws, pipeline: Pipeline) -> None:
    publish(signing, "--sign", "ci.pem", "--git-commit", "abcdef1")
    (release,) = pipeline.run()
    assert isinstance(release, Release)
    assert release.signed is not None
    assert release.signed.identity == "ci"
    listed = signing("releases", "checkout", "--json").document["releases"]
    assert listed[0]["signed"]["key_id"] == hashlib.sha256(CI.public_der).hexdigest()
    # Its signature stays with the archive.
    kept = aws.s3.head_object(Bucket=NAMES.inbox_bucket, Key="accepted/checkout/1.0.0.tar.gz")
    said = Statement.from_payload(Envelope.from_carried(kept["Metadata"][SIGNATURE_METADATA]).payload)
    assert (said.widget, said.version, said.git_commit) == ("checkout", "1.0.0", "abcdef1")
    # Delivered twice, it is the same.
    (event,) = [e for e in aws.state.events("checkout", 9) if e.type == "Release Registered"]
    assert (event.new or {})["signed_by"] == "ci"


def test_what_nobody_may_publish_is_refused_with_its_reason(signing: CommandLine, aws: Aws, pipeline: Pipeline) -> None:
    body, other = tar_gz(WIDGET), tar_gz({"widget.js": b"evil"})
    attempts = {
        "unsigned": (body, None),
        "signer_unknown": (body, Key(9).signature(body, "checkout", "1.0.0", now())),
        "signer_not_allowed": (body, OTHER.signature(body, "checkout", "1.0.0", now())),
        "signature_mismatch": (other, CI.signature(body, "checkout", "1.0.0", now())),
        "signature_expired": (body, CI.signature(body, "checkout", "1.0.0", now() - timedelta(days=1, minutes=1))),
        "signature_invalid": (body, "e30"),
    }
    for expected, (archive, signature) in attempts.items():
        put(aws, archive, signature)
        assert outcome(pipeline) == expected
    put(aws, body, CI.signature(body, "checkout", "1.0.0", now()), version="1.0.1")
    assert outcome(pipeline) == "signature_mismatch"
    assert aws.state.releases("checkout") == []
    assert aws.objects(NAMES.site_bucket) == {}
    shown = signing("status", "--json").document["rejections"]
    assert {each["code"] for each in shown} == attempts.keys()
    kept = aws.objects(NAMES.inbox_bucket)["rejected/checkout/1.0.0.tar.gz.reason.json"]["body"]
    assert json.loads(kept)["code"] == "signature_invalid"


def test_a_replay_is_refused_and_a_repeated_event_is_not(signing: CommandLine, aws: Aws, pipeline: Pipeline) -> None:
    body, late = tar_gz(WIDGET), tar_gz({"widget.js": b"export const late = 1;"})
    at = now() - timedelta(hours=3)
    first = CI.signature(body, "checkout", "1.1.0", at)
    put(aws, body, first, "1.1.0")
    assert outcome(pipeline) == "registered"
    put(aws, body, first, "1.1.0")
    assert outcome(pipeline) == "signature_replayed"
    put(aws, body, CI.signature(body, "checkout", "1.1.0", now()), "1.1.0")  # built and signed again
    assert outcome(pipeline) == "registered"
    put(aws, late, CI.signature(late, "checkout", "1.0.9", at - timedelta(minutes=59)), "1.0.9")
    assert outcome(pipeline) == "registered"  # archives arrive in any order
    put(aws, late, CI.signature(late, "checkout", "1.0.8", at - timedelta(minutes=61)), "1.0.8")
    assert outcome(pipeline) == "signature_replayed"
    assert [str(r.version) for r in aws.state.releases("checkout")] == ["1.1.0", "1.0.9"]


def test_an_artifact_is_signed_in_one_job_and_published_in_another(
    signing: CommandLine, aws: Aws, pipeline: Pipeline
) -> None:
    done = signing(
        "artifact", "dist", "--widget", "checkout", "--version", "1.0.0", "-o", "a.tgz", "--sign", "ci.pem", "--json"
    )
    assert done.code == 0
    assert_as_documented(done.document, "edgeship artifact")
    assert done.document["signature"]["file"] == "a.tgz.sig.json"
    changed = signing("publish", "a.tgz", "--git-commit", "abcdef1", "--json")
    assert (changed.code, changed.document["error"]["code"]) == (1, "signature_mismatch")
    assert signing("publish", "a.tgz").code == 0
    assert outcome(pipeline) == "registered"
    # The stock AWS CLI can carry it, too.
    name, _, carried = done.document["signature"]["metadata"].partition("=")
    assert (name, Envelope.from_carried(carried)) == (
        SIGNATURE_METADATA,
        Envelope.from_json(Path("a.tgz.sig.json").read_text()),
    )
    assert signing("artifact", "a.tgz", "-o", "a.tgz").code == 0
    assert not Path("a.tgz.sig.json").exists()


def test_what_was_refused_unsigned_is_published_again_signed(
    signing: CommandLine, aws: Aws, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(signing)
    assert outcome(pipeline) == "unsigned"
    with pipeline.running(), serving(cdn(aws)) as url:
        monkeypatch.setenv("EDGESHIP_URL", url)
        done = signing(
            *("publish", "dist", "--widget", "checkout", "--version", "1.0.0"), "--sign", "ci.pem", "--wait", "--json"
        )
    assert done.code == 0, done.err
    with pipeline.running():
        waited = signing("publish", "dist", "--widget", "checkout", "--version", "1.0.2", "--wait", "--json")
    assert (waited.code, waited.document["error"]["code"]) == (1, "unsigned")


def test_a_key_of_kms_publishes(edgeship: CommandLine, aws: Aws, pipeline: Pipeline) -> None:
    key = kept_session().client("kms").create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    added = edgeship("identity", "add", "ci", "--kms", key["Arn"], "--widgets", "checkout", "--json")
    assert added.code == 0, added.err
    (identity,) = added.document["identities"]
    assert (identity["kind"], identity["algorithm"], identity["kms_key"]) == ("kms", "ecdsa-p256-sha256", key["Arn"])
    write(Path("dist"), WIDGET)
    publish(edgeship, "--sign", f"kms:{key['Arn']}")
    assert outcome(pipeline) == "registered"


def test_identities_are_listed_and_removed(signing: CommandLine, aws: Aws, pipeline: Pipeline) -> None:
    listed = signing("identity", "list", "--json")
    assert_as_documented(listed.document, "edgeship identity list")
    assert [each["name"] for each in listed.document["identities"]] == ["chat-ci", "ci"]
    assert "checkout" in signing("identity", "list").out
    removed = signing("identity", "remove", "ci", "--reason", "it leaked", "--json")
    assert_as_documented(removed.document, "edgeship identity remove")
    assert "unsigned uploads are taken there" in removed.err
    pipeline.ship("checkout", "1.0.0")
    assert "identity ci removed" in signing("history", "checkout").out
    assert signing("identity", "remove", "ci").code == 1


@pytest.mark.parametrize(
    ("more", "code", "error"),
    [
        ((), 2, "usage"),
        (("--public-key", "ci.pub", "--kms", "arn:aws:kms:us-east-1:123456789012:key/1"), 2, "usage"),
        (("--public-key", "missing.pub"), 1, "key_invalid"),
        (("--public-key", "ci.pem"), 1, "key_invalid"),
        (("--public-key", "ci.pub"), 1, "identity_exists"),
        (("--public-key", "ci.pub", "--valid-for", "91d"), 1, "identity_invalid"),
        (("--public-key", "ci.pub", "--valid-for", "soon"), 2, "usage"),
    ],
)
def test_what_is_no_identity(signing: CommandLine, more: tuple[str, ...], code: int, error: str) -> None:
    done = signing("identity", "add", "new", "--widgets", "checkout", *more, "--json")
    assert (done.code, done.document["error"]["code"]) == (code, error)


def test_a_key_that_can_not_sign_uploads_nothing(signing: CommandLine, aws: Aws) -> None:
    for key in ("ci.pub", "missing.pem"):
        done = signing("publish", "dist", "--widget", "checkout", "--version", "1.0.0", "--sign", key, "--json")
        assert (done.code, done.document["error"]["code"]) == (1, "key_invalid")
    done = signing("artifact", "dist", "--widget", "checkout", "--version", "1.0.0", "--sign", "ci.pem", "--json")
    assert (done.code, done.document["error"]["code"]) == (2, "usage")
    assert aws.objects(NAMES.inbox_bucket) == {}
