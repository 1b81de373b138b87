"""Checks an environment, its account and this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from edgeship.application.doctor.ports import (
    AlarmReader,
    Callers,
    NotAllowed,
    NotRead,
    Probe,
    QueueReader,
    QuotaReader,
    StackReader,
    Unread,
)
from edgeship.domain.deploying.quotas import Need
from edgeship.domain.doctor.account import Caller, check_caller, check_clock, check_quotas
from edgeship.domain.doctor.finding import Check, Finding, Report, not_allowed, not_read, report
from edgeship.domain.doctor.serving import CLIENT_PATH, ROUTER_PATH, EdgeFacts, check_cdn, check_edge
from edgeship.domain.doctor.stack import check_region, check_stack, check_version
from edgeship.domain.doctor.work import Arrived, check_alarms, check_queues, check_telemetry

PARALLEL = 12

_Found = Iterable[Finding]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Subject:
    """The environment; `stacks` are Regions by the names of stacks, the environment's own first, and `version` is that
    of this command line."""

    environment: str
    stacks: Mapping[str, str]
    version: str
    needs: Sequence[Need] = ()


@dataclass(frozen=True)
class AwsReaders:
    """What reads the environment with credentials."""

    unread: Unread
    stacks: StackReader
    alarms: AlarmReader
    queues: QueueReader
    quotas: QuotaReader
    edge: Callable[[], EdgeFacts]
    arrivals: Callable[[], list[Arrived]]


@dataclass(frozen=True)
class Readers:
    """What reads the environment; `aws` is None where it is known that AWS does not take the credentials."""

    callers: Callers
    probes: Sequence[Probe]
    aws: AwsReaders | None


@dataclass(frozen=True)
class DiagnoseEnvironment:
    subject: Subject
    readers: Readers

    def __call__(self) -> Report:
        """Every check is made beside the others: one that is denied, or that can't be read, stops none. Without
        credentials that AWS takes, only the clock and the CDN can be checked."""
        findings: list[Finding] = []
        with ThreadPoolExecutor(PARALLEL) as pool:
            started = [
                (Check.CDN, pool.submit(_made, Check.CDN, partial(self._probed, probe, path)))
                for probe in self.readers.probes
                for path in (ROUTER_PATH, CLIENT_PATH)
            ]
            if not started:
                findings.append(not_read(Check.CDN, "the CDN's address is not known: name it with EDGESHIP_URL."))
            caller = self._caller(findings)
            checks = {Check.CREDENTIALS, Check.CDN}
            if caller is not None and caller.answered is not None:
                checks.add(Check.CLOCK)
                findings += check_clock(caller.answered)
            aws = self.readers.aws
            if caller is not None and caller.refusal is None and aws is not None:
                started += [(check, pool.submit(_made, check, made)) for check, made in self._of_aws(aws).items()]
                checks |= {Check.REGION, Check.VERSION}
            for check, done in started:
                checks.add(check)
                findings += done.result()
        return report(checks, findings)

    def _caller(self, findings: list[Finding]) -> Caller | None:
        try:
            caller = self.readers.callers.read()
        except NotRead as unread:
            findings.append(not_read(Check.CREDENTIALS, str(unread)))
            return None
        findings += check_caller(caller)
        return caller

    def _of_aws(self, aws: AwsReaders) -> dict[Check, Callable[[], _Found]]:
        subject = self.subject

        def read(needs: str, what: Callable[[], _T]) -> _T:
            with aws.unread(needs):
                return what()

        checks: dict[Check, Callable[[], _Found]] = {
            Check.STACK: lambda: self._stacks(aws.stacks),
            Check.EDGE: lambda: check_edge(read("dynamodb:Query", aws.edge)),
            Check.ALARMS: lambda: check_alarms(aws.alarms.read(), subject.environment),
            Check.QUEUES: lambda: check_queues(aws.queues.read()),
            Check.TELEMETRY: lambda: check_telemetry(read("cloudwatch:GetMetricData", aws.arrivals)),
        }
        if subject.needs:
            checks[Check.QUOTAS] = lambda: check_quotas(aws.quotas.use(need) for need in subject.needs)
        return checks

    def _stacks(self, stacks: StackReader) -> Iterator[Finding]:
        subject = self.subject
        for number, (name, region) in enumerate(subject.stacks.items()):
            seen = stacks.read(region, name)
            yield from check_region(seen)
            yield from check_stack(seen, subject.environment)
            if number == 0:
                yield from check_version(seen, subject.version, subject.environment)

    @staticmethod
    def _probed(probe: Probe, path: str) -> _Found:
        return check_cdn(probe.get(path))


def _made(check: Check, made: Callable[[], _Found]) -> list[Finding]:
    """What a check found; until it was denied, where it was."""
    found: list[Finding] = []
    try:
        found.extend(made())
    except NotAllowed as denied:
        found.append(not_allowed(check, denied.needs))
    except NotRead as unread:
        found.append(not_read(check, str(unread)))
    return found
