"""Publishing and rolling back 500 files, by edgeship and by shell scripts on the stock AWS CLI, on one local cloud.

A round is: edgeship publishes a version and rolls it back, then the scripts do the same with the same files. Each
command is a process of its own, its start included. Before each step a visitor has loaded all files of the alias, so
that the CDN holds the old ones; after it all are loaded again and compared, byte for byte, with what was published.
The CDN looks for news of either contender now and then: the rounds begin at moments spread evenly over that interval.

Round 0 publishes what the others roll back to, with cold functions. Requests are counted in a last round of their own,
because counting makes a request about a third longer.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version as version_of
from pathlib import Path

from edgeship.local.cloud import LocalCloud
from edgeship.resource_names import FUNCTIONS
from tests.bench import generated_bundle
from tests.bench.contenders import Contender, Edgeship, SyncScripts, client_environment
from tests.bench.generated_bundle import ENTRYPOINT
from tests.bench.processes import Workers, run_all
from tests.bench.report import Report, Row
from tests.bench.request_meter import RequestMeter
from tests.bench.steps import Bench, Meters, Requests, Step, send_through
from tests.bench.visitor import Visitor

ROUNDS = 3

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Round:
    number: int
    publish: Step
    rollback: Step | None


@dataclass(frozen=True)
class Result:
    """What one contender did: round 0, the timed rounds, and the round whose requests were counted."""

    contender: str
    first: Round
    timed: tuple[Round, ...]
    counted: Round


def measure(progress: Progress, rounds: int = ROUNDS) -> Report:
    """Run the rounds and report their medians."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="edgeship-bench-"))).resolve()
        progress("starting a local cloud")
        cloud = stack.enter_context(LocalCloud(state_path=None, store_delay_seconds=0))
        timed = Bench(
            client_environment(cloud, cloud.endpoint_url, folder),
            folder,
            Visitor(cloud.edge_url),
            Workers(
                f"AWS_ENDPOINT_URL={cloud.endpoint_url}",
                f"AWS_LAMBDA_FUNCTION_NAME={cloud.names.function('artifact_upload')}",
            ),
        )
        contenders: tuple[Contender, ...] = (
            Edgeship(),
            SyncScripts(cloud.names.site_bucket, cloud.stack.outputs["DistributionId"]),
        )

        def play(bench: Bench, number: int) -> list[Round]:
            return [_round(bench, each, number, number / rounds % 1, progress) for each in contenders]

        for contender in contenders:
            if prepare := contender.prepare():
                run_all(prepare, timed.env, timed.folder)
        played = [play(timed, number) for number in range(rounds + 1)]
        client = stack.enter_context(RequestMeter(cloud.endpoint_url))
        functions = stack.enter_context(RequestMeter(cloud.endpoint_url))
        # The edge function's reads are the CDN's traffic, not the publisher's.
        send_through(functions.url, cloud, *(function for function in FUNCTIONS if function != "edge"))
        counting = replace(timed, env=client_environment(cloud, client.url, folder), meters=Meters(client, functions))
        progress("the last round counts requests")
        counted = play(counting, rounds + 1)
    ours, theirs = (
        Result(contender.name, played[0][n], tuple(each[n] for each in played[1:]), counted[n])
        for n, contender in enumerate(contenders)
    )
    return _report(ours, theirs)


def _round(bench: Bench, contender: Contender, number: int, moment: float, progress: Progress) -> Round:
    """`moment`, in [0, 1), is where in the CDN's interval each step begins, from where the step before left it."""
    alias = contender.alias + ENTRYPOINT
    dist = bench.folder / f"v1.0.{number}"
    files = generated_bundle.write(dist, number)
    shown = {alias: files[ENTRYPOINT], contender.release(number) + ENTRYPOINT: files[ENTRYPOINT]}
    bench.visitor.linger(alias, moment * contender.news_seconds)
    published = bench.step(contender.publish(number, dist), shown)
    bench.visitor.insist({contender.alias + path: body for path, body in files.items()})
    progress(f"round {number}: {contender.name} published in {published.served_seconds:.1f} s")
    if number == 0:
        return Round(number, published, None)
    before = dict(generated_bundle.contents(0))
    bench.visitor.linger(alias, moment * contender.news_seconds)
    rolled_back = bench.step(contender.roll_back(0), {alias: before[ENTRYPOINT]})
    bench.visitor.insist({contender.alias + path: body for path, body in before.items()})
    progress(f"round {number}: {contender.name} rolled back in {rolled_back.served_seconds:.1f} s")
    if unlock := contender.unlock():
        run_all(unlock, bench.env, bench.folder)
    return Round(number, published, rolled_back)


_Read = Callable[[Step], float | None]
_Steps = Callable[[Result], list[Step]]


def _report(ours: Result, theirs: Result) -> Report:
    def row(what: str, unit: str, steps: _Steps, read: _Read) -> Row:
        return Row(what, unit, _median(steps(ours), read), _median(steps(theirs), read), digits=1 if unit else 0)

    rows = [row("first publish, functions cold: served after", "s", lambda result: [result.first.publish], _served)]
    for name, timed, counted in _STEPS:
        rows += [
            row(f"{name}: served after", "s", timed, _served),
            row(f"{name}: commands ended after", "s", timed, lambda step: step.ended_seconds),
            row(f"{name}: peak memory of the client", "MiB", timed, lambda step: step.client_peak_bytes / 1024**2),
        ]
        if name == "publish":  # after a rollback the upload's function holds what it held before
            rows.append(
                Row("publish: peak memory of the upload's function", "MiB", _median(timed(ours), _function_mib))
            )
        rows += [
            row(f"{name}: requests {who}", "", counted, read)
            for who, read in (
                ("by the client", _requests(lambda requests: requests.by_client)),
                ("by functions", _requests(lambda requests: requests.by_functions)),
                ("in all", _requests(lambda requests: requests.in_all)),
            )
        ]
    return Report(
        name="ship",
        title=f"publish and roll back {generated_bundle.FILES} files on the local cloud, "
        f"medians of {len(ours.timed)} rounds",
        peer="aws s3 sync + invalidation",
        rows=tuple(rows),
        notes=(
            f"peer: aws-cli {version_of('awscli')}, all files to the version and to the alias; it rolls back inside S3",
            "served: the CDN answers with the new bytes; all files were compared once each step was over",
            "the CDN looks for invalidations and writes to its store every 0.5 s; on AWS both take seconds more",
            "the CDN's own reads of S3 are not counted; memory is the peak resident size of the largest process",
        ),
        samples=tuple(
            {"contender": result.contender, **asdict(each)}
            for result in (ours, theirs)
            for each in (result.first, *result.timed, result.counted)
        ),
    )


_STEPS: tuple[tuple[str, _Steps, _Steps], ...] = (
    ("publish", lambda r: [each.publish for each in r.timed], lambda r: [r.counted.publish]),
    (
        "rollback",
        lambda r: [each.rollback for each in r.timed if each.rollback],
        lambda r: [r.counted.rollback] if r.counted.rollback else [],
    ),
)


def _served(step: Step) -> float:
    return step.served_seconds


def _function_mib(step: Step) -> float | None:
    return None if step.function_peak_bytes is None else step.function_peak_bytes / 1024**2


def _requests(read: Callable[[Requests], int]) -> _Read:
    return lambda step: None if step.requests is None else read(step.requests)


def _median(steps: list[Step], read: _Read) -> float | None:
    values = [value for value in map(read, steps) if value is not None]
    return statistics.median(values) if values else None
