"""A whole local cloud, over a small assembly made by hand."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

import pytest

from localcloud.assembly import Assembly
from localcloud.cloud import Cloud
from localcloud.deploy import DeploymentFailed, deploy
from localcloud.emulator import Emulator, EmulatorFailed
from localcloud.lifecycle import AlreadyRunning
from localcloud.state import read_state
from tests.localcloud.handmade import SITE, TOKEN, project, write_assembly

pytestmark = [pytest.mark.cloud, pytest.mark.xdist_group("cloud-local")]


@dataclass(frozen=True)
class Got:
    status: int
    headers: Message
    body: bytes

    @property
    def cache(self) -> str:
        return self.headers["X-Cache"].removesuffix(" from cloudfront")


def get(url: str) -> Got:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return Got(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return Got(answer.code, answer.headers, answer.read())


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def assembly(folder: Path) -> Path:
    return write_assembly(folder / "assembly")


@pytest.fixture(scope="module")
def cloud(folder: Path, assembly: Path) -> Iterator[Cloud]:
    with Cloud(project(assembly), state_path=folder / "local.json") as running:
        yield running


def put(cloud: Cloud, key: str, body: bytes) -> None:
    cloud.session().client("s3").put_object(
        Bucket=SITE, Key=key, Body=body, CacheControl="public, max-age=31536000, immutable", ContentType="text/plain"
    )


def test_it_is_found_by_its_state_file(cloud: Cloud, folder: Path, assembly: Path) -> None:
    state = read_state(folder / "local.json")
    assert state is not None
    assert (state.endpoint_url, state.edge_url) == (cloud.endpoint_url, cloud.edge_url)
    assert state.cloudflare_url == cloud.cloudflare.url
    assert (state.environment, state.account) == ("test", "000000000000")
    with pytest.raises(AlreadyRunning, match=f"process {state.pid}"):
        Cloud(project(assembly), state_path=folder / "local.json").start()
    assert read_state(folder / "local.json") == state


def test_objects_are_served_cached_and_invalidated(cloud: Cloud) -> None:
    put(cloud, "w/v9.0.0/a b+~ä.js", b"old")
    url = f"{cloud.edge_url}/w/v9.0.0/a%20b%2B~%C3%A4.js"
    assert [(g.status, g.cache) for g in (get(url), get(url))] == [(200, "Miss"), (200, "Hit")]
    put(cloud, "w/v9.0.0/a b+~ä.js", b"new")
    assert get(url).body == b"old"
    cloud.session().client("cloudfront").create_invalidation(
        DistributionId=cloud.stack.outputs["DistributionId"],
        InvalidationBatch={"Paths": {"Quantity": 1, "Items": ["/w/v9.0.0/*"]}, "CallerReference": "1"},
    )
    until(lambda: get(url).body == b"new", seconds=5)


def test_cloudflare_serves_cloudfront_and_is_purged_with_the_token_in_the_emulator(cloud: Cloud) -> None:
    put(cloud, "w/v8.0.0/w.js", b"x")
    url = f"{cloud.cloudflare.url}/w/v8.0.0/w.js"
    assert [(g.body, g.headers["CF-Cache-Status"]) for g in (get(url), get(url))] == [(b"x", "MISS"), (b"x", "HIT")]
    answer = cloud.session().client("ssm").get_parameter(Name=TOKEN, WithDecryption=True)
    assert answer["Parameter"]["Type"] == "SecureString"
    purge = urllib.request.Request(
        f"{cloud.cloudflare.api_url}/zones/{cloud.cloudflare.zone}/purge_cache",
        data=json.dumps({"files": [url]}).encode(),
        headers={"Authorization": f"Bearer {answer['Parameter']['Value']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(purge, timeout=10) as purged:
        assert json.load(purged)["success"]
    assert get(url).headers["CF-Cache-Status"] == "MISS"
    assert cloud.cloudflare.purges == [url]


def test_functions_learn_where_they_are_served(cloud: Cloud) -> None:
    functions = cloud.session().client("lambda")
    configuration = functions.get_function_configuration(FunctionName="handmade-sleeper")
    assert configuration["Environment"]["Variables"] == {"KEPT": "1", "EDGE_URL": cloud.edge_url}


def test_a_missing_key_is_a_404_that_is_not_kept(cloud: Cloud) -> None:
    url = f"{cloud.edge_url}/w/v9.0.0/late.js"
    missing = get(url)
    assert (missing.status, missing.cache) == (404, "Error")
    put(cloud, "w/v9.0.0/late.js", b"here")
    assert get(url).body == b"here"


def test_a_plus_in_a_path_is_a_space_as_s3_reads_it(cloud: Cloud) -> None:
    put(cloud, "w/v9.0.0/one two.js", b"space")
    assert get(f"{cloud.edge_url}/w/v9.0.0/one+two.js").body == b"space"


def test_the_emulators_permissive_cors_does_not_show(cloud: Cloud) -> None:
    put(cloud, "w/v9.0.0/cors.js", b"x")
    asked = urllib.request.Request(f"{cloud.edge_url}/w/v9.0.0/cors.js", headers={"Origin": "https://shop.example"})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


def test_the_deployed_edge_function_moves_the_pointer(cloud: Cloud) -> None:
    for version in ("1.0.0", "2.0.0"):
        put(cloud, f"w/v{version}/w.js", version.encode())
    for version in ("1.0.0", "2.0.0", "1.0.0"):
        put(cloud, "pointer", version.encode())
        answer = get(f"{cloud.edge_url}/w/latest/w.js")
        assert answer.body == version.encode()
        assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert get(f"{cloud.edge_url}/w/latest/w.js").cache == "Hit"
    assert "asked for /w/latest/w.js" in (cloud.logs / "edge.log").read_text()


def test_a_function_that_hangs_is_cut_off_and_others_go_on(cloud: Cloud) -> None:
    put(cloud, "pointer", b"1.0.0")
    put(cloud, "w/v1.0.0/w.js", b"x")
    hung = get(f"{cloud.edge_url}/hang/latest/w.js")
    assert (hung.status, hung.cache) == (503, "LambdaExecutionError")
    assert get(f"{cloud.edge_url}/w/latest/w.js").status == 200


def test_an_update_of_the_distribution_is_followed(cloud: Cloud) -> None:
    put(cloud, "home.html", b"home")
    cloudfront = cloud.session().client("cloudfront")
    distribution_id = cloud.stack.outputs["DistributionId"]
    answer = cloudfront.get_distribution_config(Id=distribution_id)
    assert get(f"{cloud.edge_url}/").body != b"home"
    cloudfront.update_distribution(
        Id=distribution_id,
        IfMatch=answer["ETag"],
        DistributionConfig={**answer["DistributionConfig"], "DefaultRootObject": "home.html"},
    )
    until(lambda: get(f"{cloud.edge_url}/").body == b"home", seconds=5)


def test_what_cloudformation_lacks_is_made_by_its_api(cloud: Cloud) -> None:
    archive = cloud.session().client("events").describe_archive(ArchiveName="handmade")
    assert archive["EventSourceArn"] == "arn:aws:events:us-east-1:000000000000:event-bus/handmade"
    assert archive["EventPattern"] == '{"source": ["handmade"]}'
    assert archive["RetentionDays"] == 7


def test_deploying_again_changes_nothing_and_an_addition_is_made(cloud: Cloud, assembly: Path, tmp_path: Path) -> None:
    again = deploy(cloud.session(), Assembly.read(assembly))
    assert again == cloud.stack
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "added"}}
    lines: list[str] = []
    grown = deploy(cloud.session(), Assembly.read(write_assembly(tmp_path, {"Queue": queue})), lines.append)
    assert len(grown.resources["AWS::SQS::Queue"]) == 1
    assert any(line.startswith("Queue AWS::SQS::Queue ") and line.endswith("_COMPLETE") for line in lines)
    assert cloud.session().client("sqs").list_queues()["QueueUrls"]


@pytest.mark.nightly
def test_two_run_side_by_side(cloud: Cloud, assembly: Path, tmp_path: Path) -> None:
    with Cloud(project(assembly), state_path=tmp_path / "other.json") as other:
        assert other.endpoint_url != cloud.endpoint_url
        put(cloud, "w/v5.0.0/w.js", b"one")
        put(other, "w/v5.0.0/w.js", b"other")
        assert get(f"{cloud.edge_url}/w/v5.0.0/w.js").body == b"one"
        assert get(f"{other.edge_url}/w/v5.0.0/w.js").body == b"other"
    assert get(f"{cloud.edge_url}/w/v5.0.0/w.js").body == b"one"
    assert read_state(tmp_path / "other.json") is None


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        ({"Type": "AWS::Nope::Thing", "Properties": {}}, "AWS::Nope::Thing"),
        ({"Type": "AWS::Events::EventBus", "DependsOn": "Bus", "Properties": {"Name": "handmade"}}, "already exists"),
    ],
)
def test_a_failed_deployment_names_the_reason_and_leaves_nothing(
    tmp_path: Path, resource: dict[str, object], reason: str
) -> None:
    cloud = Cloud(project(write_assembly(tmp_path / "a", {"Extra": resource})), state_path=tmp_path / "s.json")
    with pytest.raises(DeploymentFailed, match=reason):
        cloud.start()
    assert read_state(tmp_path / "s.json") is None
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(cloud.endpoint_url, timeout=1)


def test_a_taken_port_is_named(cloud: Cloud) -> None:
    with pytest.raises(EmulatorFailed, match="is taken"):
        Emulator(int(cloud.endpoint_url.rpartition(":")[2])).start()
