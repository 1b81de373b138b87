"""The state of moto's services, taken and put back: far quicker than making it again by calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.s3.models import s3_backends
from moto.s3.utils import _VersionedKeyStore
from moto.ssm.models import ParameterDict

_Place = tuple[str, str, str]
"""A service, an account and a region."""


@dataclass(frozen=True)
class MotoState:
    """All that every service held at one moment, but for IAM's: nobody writes that, and its policies are many. It does
    not change, however often it is put back."""

    _services: Mapping[_Place, dict[str, Any]]
    _bucket_owners: dict[str, Any]

    @classmethod
    def take(cls) -> MotoState:
        backends = dict(_backends())
        return cls(_copied(backends, {place: vars(each) for place, each in backends.items()}), _owners())

    def put_back(self) -> None:
        backends = dict(_backends())
        for place in backends.keys() - self._services.keys():
            backends[place].reset()
        for service, account, region in self._services.keys() - backends.keys():
            backends[service, account, region] = _SERVICES[service][account][region]
        for place, state in _copied(backends, self._services).items():
            backends[place].__dict__ = state
        s3_backends.bucket_accounts = dict(self._bucket_owners)


def _backends() -> Iterator[tuple[_Place, BaseBackend]]:
    for service in BackendDict._instances:  # type: ignore[misc]
        if service.service_name == "iam":
            continue
        _SERVICES[service.service_name] = service
        for account, region, backend in service.iter_backends():
            yield (service.service_name, account, region), backend


_SERVICES: dict[str, BackendDict[Any]] = {}
"""Those that were ever used; moto makes each once a process."""


def _owners() -> dict[str, Any]:
    return dict(s3_backends.bucket_accounts)


def _copied(backends: Mapping[_Place, BaseBackend], services: Mapping[_Place, Any]) -> dict[_Place, dict[str, Any]]:
    """A copy in one piece, so that what is one object in two services stays one object.

    Services refer to each other's backends, which stay the same objects. So do S3's objects, which nobody changes once
    they are written: a tag or an ACL lies elsewhere, or makes another object.
    """
    memo: dict[int, Any] = {id(backend): backend for backend in backends.values()}
    for (service, account, region), state in services.items():
        if service == "s3":
            memo |= {id(bucket.keys): _copied_keys(bucket.keys) for bucket in state["buckets"].values()}
        if service == "ssm":
            # It is made with arguments, so no copy of the usual kind can be.
            memo[id(state["_parameters"])] = _copied_parameters(state["_parameters"], account, region)
        if service == "sqs":
            # A lock can't be copied; nobody holds it between two calls.
            memo |= {id(queue._messages_lock): queue._messages_lock for queue in state["queues"].values()}
    return deepcopy(dict(services), memo)


def _copied_parameters(parameters: ParameterDict, account: str, region: str) -> ParameterDict:
    copy = ParameterDict(account, region)
    copy.update({name: list(versions) for name, versions in dict.items(parameters)})
    return copy


def _copied_keys(keys: _VersionedKeyStore) -> _VersionedKeyStore:
    """It appends what it is given, so a copy of the usual kind has an object's last version alone."""
    copy = _VersionedKeyStore()
    for name, versions in keys.lists():
        dict.__setitem__(copy, name, list(versions))
    return copy
