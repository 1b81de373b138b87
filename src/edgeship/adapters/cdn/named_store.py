"""The edge's KeyValueStore for a person who reads it, found by its name: only AWS knows the id in its ARN."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from edgeship.adapters.denied import action_in
from edgeship.application.edge.ports import EdgeUnreachable, StoreContent

if TYPE_CHECKING:
    import boto3
    from botocore.config import Config

    from edgeship.adapters.cdn.key_value_store import KeyValueStore


class NamedStore:
    """Reads alone. It is found, and awscrt loaded, when it is first read: most commands never do. Safe among threads:
    a session makes no clients in two at once."""

    def __init__(self, session: boto3.Session, config: Config, name: str) -> None:
        self._session = session
        self._config = config
        self._name = name
        self._finding = Lock()

    def content(self) -> StoreContent:
        with self._reachable():
            return self._store.content()

    def get(self, key: str) -> str | None:
        with self._reachable():
            return self._store.get(key)

    @property
    def _store(self) -> KeyValueStore:
        with self._finding:
            return self._found

    @cached_property
    def _found(self) -> KeyValueStore:
        from edgeship.adapters.cdn.key_value_store import KeyValueStore, at_its_endpoint

        found = self._session.client("cloudfront", config=self._config).describe_key_value_store(Name=self._name)
        client = self._session.client("cloudfront-keyvaluestore", config=self._config)
        return KeyValueStore(at_its_endpoint(client), found["KeyValueStore"]["ARN"])

    @contextmanager
    def _reachable(self) -> Iterator[None]:
        try:
            yield
        except ClientError as fault:
            if fault.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 403:
                raise EdgeUnreachable(f"the store {self._name} can't be read: {fault}") from fault
            # It has the keys of tokens, too.
            raise EdgeUnreachable(
                f"the store {self._name} can't be read with these credentials; with the operator policy it can",
                action_in(str(fault)) or "cloudfront-keyvaluestore:GetKey",
            ) from fault
        except BotoCoreError as fault:
            raise EdgeUnreachable(f"the store {self._name} can't be read: {fault}") from fault
