"""One set of flags in the words of each contender: on in production only, for 10 named users and a quarter of the rest.

Every contender evaluates the same users, with contexts made beforehand, from memory: no peer asks a network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

FLAGS = 20
KEYS = [f"flag-{n}" for n in range(FLAGS)]
ONE = "flag-7"
TARGETS = [f"vip-{n}" for n in range(10)]
PERCENTAGE = 25
USERS = [f"user-{n}" for n in range(1_000)]
ATTRIBUTES = {"environment": "production", "plan": "pro", "country": "DE", "appVersion": "3.2.1"}
"""What a web client sends besides the user."""


class Contender(NamedTuple):
    """`single` and `bulk` evaluate one flag, or all of them, for every user; `is_on` tells the value of `ONE`."""

    single: Callable[[], object]
    bulk: Callable[[], object]
    is_on: Callable[[str], bool]


def edgeship(attributes: dict[str, str], *, environment_as_attribute: bool = False) -> Contender:
    """With the flags' own `environments`, or with the environment as one more attribute that a rule asks for."""
    from edgeship.domain.flags.evaluation.compile_flags import compile_flags

    flags = compile_flags(json.loads(edgeship_snapshot(FLAGS, environment_as_attribute)), "production")
    contexts = [{"targetingKey": user, **attributes} for user in USERS]

    def single() -> None:
        evaluate = flags.evaluate
        for context in contexts:
            evaluate(ONE, context, 0.0)

    def bulk() -> None:
        evaluate = flags.evaluate_all
        for context in contexts:
            evaluate(context, 0.0)

    return Contender(single, bulk, lambda user: flags.evaluate(ONE, {"targetingKey": user, **attributes}, 0.0).value)


def edgeship_snapshot(count: int, environment_as_attribute: bool = False) -> str:
    """The snapshot's JSON of as many flags."""
    from edgeship.domain.flags.snapshot_entry import snapshot_entry

    elsewhere = {"attribute": "environment", "op": "not_in", "values": ["production"]}
    environment: dict[str, Any] = {"environments": ["production"]}
    if environment_as_attribute:
        environment = {"rules": [{"if": [elsewhere], "variant": "off"}]}
    flag = {
        "variants": {"on": True, "off": False},
        "default_variant": "off",
        "target_users": TARGETS,
        "rollout": {"variant": "on", "percentage": PERCENTAGE},
        **environment,
    }
    return json.dumps({f"flag-{n}": snapshot_entry({"key": f"flag-{n}", **flag}) for n in range(count)})


def powertools(attributes: dict[str, str]) -> Contender:
    """Powertools can't hash a user into a percentage; it gets the nearest it has, a number modulo 100."""
    from aws_lambda_powertools.utilities.feature_flags import FeatureFlags
    from aws_lambda_powertools.utilities.feature_flags.base import StoreProvider

    def is_in(what: str, action: str, value: object) -> dict[str, object]:
        return {"action": action, "key": what, "value": value}

    production = is_in("environment", "EQUALS", "production")
    share = {"BASE": 100, "START": 0, "END": PERCENTAGE - 1}
    feature = {
        "default": False,
        "rules": {
            "targets": {"when_match": True, "conditions": [production, is_in("user", "KEY_IN_VALUE", TARGETS)]},
            "share": {"when_match": True, "conditions": [production, is_in("number", "MODULO_RANGE", share)]},
        },
    }
    configuration = dict.fromkeys(KEYS, feature)

    class Memory(StoreProvider):
        @property
        def get_raw_configuration(self) -> dict[str, Any]:
            return configuration

        def get_configuration(self) -> dict[str, Any]:
            return configuration

    flags = FeatureFlags(store=Memory())

    def context(user: str) -> dict[str, Any]:
        return {"user": user, "number": int(user.partition("-")[2]) + 50 * user.startswith("vip"), **attributes}

    contexts = [context(user) for user in USERS]

    def single() -> None:
        for each in contexts:
            flags.evaluate(name=ONE, context=each, default=False)

    def bulk() -> None:
        for each in contexts:
            flags.get_enabled_features(context=each)

    return Contender(single, bulk, lambda user: flags.evaluate(name=ONE, context=context(user), default=False))


def flagd(attributes: dict[str, str]) -> Contender:
    from openfeature.contrib.tools.flagd.core import FlagdCore
    from openfeature.evaluation_context import EvaluationContext

    share = {"fractional": [["on", PERCENTAGE], ["off", 100 - PERCENTAGE]]}
    targeted = {"in": [{"var": "targetingKey"}, TARGETS]}
    flag = {
        "state": "ENABLED",
        "variants": {"on": True, "off": False},
        "defaultVariant": "off",
        "targeting": {"if": [{"!=": [{"var": "environment"}, "production"]}, "off", targeted, "on", share]},
    }
    core = FlagdCore()
    core.set_flags({"flags": dict.fromkeys(KEYS, flag)})
    contexts = [EvaluationContext(user, dict(attributes)) for user in USERS]

    def single() -> None:
        for context in contexts:
            core.resolve_boolean_value(ONE, False, context)

    def bulk() -> None:
        for context in contexts:
            for key in KEYS:
                core.resolve_boolean_value(key, False, context)

    def is_on(user: str) -> bool:
        return core.resolve_boolean_value(ONE, False, EvaluationContext(user, dict(attributes))).value

    return Contender(single, bulk, is_on)


@contextmanager
def launchdarkly(attributes: dict[str, str], folder: Path) -> Iterator[Contender]:
    from ldclient import Config, Context, LDClient
    from ldclient.integrations import Files

    elsewhere = {"attribute": "environment", "op": "in", "values": ["production"], "negate": True}
    weights = [{"variation": 0, "weight": PERCENTAGE * 1_000}, {"variation": 1, "weight": (100 - PERCENTAGE) * 1_000}]
    flag = {
        "on": True,
        "variations": [True, False],
        "offVariation": 1,
        "targets": [{"variation": 0, "values": TARGETS}],
        "rules": [{"id": "elsewhere", "clauses": [elsewhere], "variation": 1}],
        "fallthrough": {"rollout": {"variations": weights}},
        "salt": "salt",
        "version": 1,
    }
    (folder / "flags.json").write_text(json.dumps({"flags": {key: {"key": key, **flag} for key in KEYS}}))
    source = Files.new_data_source(paths=[str(folder / "flags.json")])
    client = LDClient(Config("offline", update_processor_class=source, send_events=False), start_wait=10)

    def context(user: str) -> Context:
        builder = Context.builder(user)
        for name, value in attributes.items():
            builder.set(name, value)
        return builder.build()

    contexts = [context(user) for user in USERS]

    def single() -> None:
        for each in contexts:
            client.variation(ONE, each, False)

    def bulk() -> None:
        for each in contexts:
            client.all_flags_state(each)

    try:
        yield Contender(single, bulk, lambda user: client.variation(ONE, context(user), False))
    finally:
        client.close()


@contextmanager
def eppo(attributes: dict[str, str], *, details: bool = False) -> Iterator[Contender]:
    """The value alone, its fastest call; with `details` the variant and the reason as well."""
    import eppo_client

    def flag(key: str) -> dict[str, object]:
        targets = {"attribute": "id", "operator": "ONE_OF", "value": TARGETS}
        production = {"attribute": "environment", "operator": "ONE_OF", "value": ["production"]}

        def share(variation: str, start: int, end: int) -> dict[str, object]:
            return {"variationKey": variation, "shards": [{"salt": key, "ranges": [{"start": start, "end": end}]}]}

        everybody = {"variationKey": "on", "shards": []}
        shares = [share("on", 0, PERCENTAGE * 100), share("off", PERCENTAGE * 100, 10_000)]
        return {
            "key": key,
            "enabled": True,
            "variationType": "BOOLEAN",
            "variations": {"on": {"key": "on", "value": True}, "off": {"key": "off", "value": False}},
            "totalShards": 10_000,
            "allocations": [
                {
                    "key": "targets",
                    "rules": [{"conditions": [targets, production]}],
                    "splits": [everybody],
                    "doLog": False,
                },
                {"key": "share", "rules": [{"conditions": [production]}], "splits": shares, "doLog": False},
            ],
        }

    class Silent(eppo_client.AssignmentLogger):
        def log_assignment(self, event: dict[str, Any]) -> None:
            """Nothing is logged: `doLog` is off."""

    configuration = {
        "createdAt": "2026-11-01T00:00:00.000Z",
        "format": "SERVER",
        "environment": {"name": "production"},
        "flags": {key: flag(key) for key in KEYS},
    }
    client = eppo_client.init(
        eppo_client.ClientConfig(
            api_key="offline",
            base_url="http://127.0.0.1:9/api",
            assignment_logger=Silent(),
            # No polling, and the configuration is here already: nothing is ever fetched.
            poll_interval_seconds=None,
            initial_configuration=eppo_client.Configuration(flags_configuration=json.dumps(configuration).encode()),
        )
    )

    evaluate = client.get_boolean_assignment_details if details else client.get_boolean_assignment

    def single() -> None:
        for user in USERS:
            evaluate(ONE, user, attributes, False)

    def bulk() -> None:
        for user in USERS:
            for key in KEYS:
                evaluate(key, user, attributes, False)

    try:
        yield Contender(single, bulk, lambda user: client.get_boolean_assignment(ONE, user, attributes, False))
    finally:
        client.shutdown()
