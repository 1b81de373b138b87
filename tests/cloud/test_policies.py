"""What people may do, with the policies that the template gives them, where IAM is enforced."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from edgeship.cli.main import main
from edgeship.local.cloud import LocalCloud
from edgeship.local.state_path import STATE_PATH
from localcloud.account import ACCOUNT
from tests.support.bundles import tar_gz
from tests.support.local_cloud.visitors import bundle, get

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud")]

Call = Callable[[Any], object]


@pytest.fixture
def edgeship(
    cloud: LocalCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., dict[str, Any]]:
    """A command by a policy, in a folder where the cloud runs: its exit code, and its document."""
    monkeypatch.chdir(tmp_path)
    STATE_PATH.parent.mkdir()
    assert cloud.state_path is not None
    STATE_PATH.symlink_to(cloud.state_path)
    for name, body in bundle("policies").items():
        file = Path("dist") / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
    flag = {"variants": {"on": True, "off": False}, "default_variant": "on"}
    Path("flags.json").write_text(json.dumps({"flags": {"mine-dark": flag}}))

    def run(policy: str, *words: str) -> dict[str, Any]:
        monkeypatch.setenv("EDGESHIP_AS", policy)
        capsys.readouterr()
        code = main((*words, "--json"))
        return {"code": code, **json.loads(capsys.readouterr().out)}

    return run


def test_a_team_ships_its_widget_and_no_other(cloud: LocalCloud, edgeship: Callable[..., dict[str, Any]]) -> None:
    words = ("publish", "dist", "--version", "1.0.0", "--wait", "--widget")
    shipped = edgeship("mine.uploader", *words, "mine")
    assert (shipped["code"], shipped["stage"]) == (0, "served"), shipped
    assert get(cloud, "/mine/v1.0.0/widget.js")[2] == bundle("policies")["widget.js"]
    again = edgeship("mine.uploader", *words, "mine")
    assert (again["code"], again["uploaded"], again["stage"]) == (0, False, "served"), again
    others = edgeship("mine.uploader", *words, "theirs")
    assert (others["code"], others["error"]["code"]) == (3, "access_denied")
    assert "s3:PutObject" in others["error"]["reason"]
    assert "the uploader or the operator policy" in others["error"]["remedy"]

    seen = edgeship("mine.viewer", "status", "mine")
    assert seen["code"] == 0
    assert seen["widgets"][0]["channels"][0]["version"] == "1.0.0"
    assert "can't be read with these credentials" in json.dumps(seen)
    for policy, line in (
        ("mine.viewer", ("propagate", "mine")),
        ("theirs.operator", ("propagate", "mine")),
        ("mine.operator", ("flags", "apply", "flags.json")),
        ("mine.operator", ("freeze", "mine", "--until", "1h", "--reason", "holidays")),
        ("mine.viewer", ("status",)),
        ("theirs.viewer", ("status", "mine")),
        ("uploader", ("flags", "list")),
    ):
        denied = edgeship(policy, *line)
        assert (denied["code"], denied["error"]["code"]) == (3, "access_denied"), (policy, line, denied)
    assert edgeship("mine.operator", "propagate", "mine")["code"] == 0
    assert edgeship("viewer", "status", "mine")["code"] == 0


def _of(service: str, operation: str, **arguments: Any) -> Call:
    return lambda session: getattr(session.client(service), operation)(**arguments)


def test_forbidden_acts_are_denied(cloud: LocalCloud) -> None:
    names = cloud.names
    state = {"TableName": names.table}
    inbox, site = {"Bucket": names.inbox_bucket}, {"Bucket": names.site_bucket}
    root = cloud.session()
    root.client("s3").put_object(**inbox, Key="incoming/theirs/0.0.1.tar.gz", Body=tar_gz(bundle("theirs")))

    def put(key: str) -> Call:
        return _of("dynamodb", "put_item", **state, Item={"pk": {"S": key}, "sk": {"S": "FORBIDDEN"}})

    def query(key: str) -> Call:
        values = {":pk": {"S": key}}
        return _of("dynamodb", "query", **state, KeyConditionExpression="pk = :pk", ExpressionAttributeValues=values)

    def upload(key: str) -> Call:
        return _of("s3", "put_object", **inbox, Key=key, Body=b"x")

    publish = _of("s3", "put_object", **site, Key="mine/v1.0.0/widget.js", Body=b"evil")
    invoke = _of("lambda", "invoke", FunctionName=names.function("rollback"), Payload=b"{}")
    tokens = _of("secretsmanager", "get_secret_value", SecretId=names.token_secret)
    arn = f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{names.route_store}"
    keys = _of("cloudfront-keyvaluestore", "get_key", KvsARN=arn, Key=".revision")
    write_keys = _of("cloudfront-keyvaluestore", "put_key", KvsARN=arn, Key="mine", Value="x", IfMatch="x")
    emit = _of(
        "events",
        "put_events",
        Entries=[{"EventBusName": names.bus, "Source": "edgeship", "DetailType": "x", "Detail": "{}"}],
    )
    delete = _of("dynamodb", "delete_item", **state, Key={"pk": {"S": "WIDGET#mine"}, "sk": {"S": "POLICY"}})
    scan = _of("dynamodb", "scan", **state)
    attach = _of("iam", "attach_user_policy", UserName="viewer", PolicyArn=cloud.stack.outputs["OperatorPolicyArn"])
    read_upload = _of("s3", "get_object", **inbox, Key="incoming/theirs/0.0.1.tar.gz")
    nobody = [publish, invoke, tokens, write_keys, emit, delete, scan, attach]
    forbidden = {
        "uploader": [*nobody, put("WIDGET#mine"), read_upload, upload("accepted/mine/1.tar.gz"), query("FLAGS"), keys],
        "viewer": [*nobody, put("WIDGET#mine"), upload("incoming/mine/1.0.0.tar.gz"), read_upload, keys],
        "operator": nobody,
        "mine.uploader": [*nobody, upload("incoming/theirs/1.0.0.tar.gz"), query("WIDGET#theirs"), put("WIDGET#mine")],
        "mine.viewer": [*nobody, query("WIDGET#theirs"), put("WIDGET#mine"), keys],
        "mine.operator": [
            *nobody,
            *(put(key) for key in ("WIDGET#theirs", "FLAGS", "FREEZES", "IDENTITIES", "NOTIFICATIONS")),
            *(query(key) for key in ("WIDGET#theirs", "INBOX")),
            upload("incoming/theirs/1.0.0.tar.gz"),
            read_upload,
            keys,
        ],
    }
    for principal, calls in forbidden.items():
        session = cloud.session(principal)
        for number, call in enumerate(calls):
            with pytest.raises(ClientError) as refused:
                call(session)
            assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
            assert "AccessDenied" in refused.value.response["Error"]["Code"], (principal, number, refused.value)
    items = root.client("dynamodb").scan(**state, ConsistentRead=True)["Items"]
    assert not [item for item in items if item["sk"]["S"] == "FORBIDDEN"]
