"""Acts that a role or a policy must not allow, and next to each what it is there for: evaluated offline, conditions
included. Those that the emulator enforces, `tests/cloud/test_policies.py` tries."""

from __future__ import annotations

import pytest

from edgeship.resource_names import REGION, WATCHED_INDEX, ResourceNames
from tests.infra.contexts import ACCOUNT
from tests.infra.template import Template
from tests.support.permissions.identity import Identity
from tests.support.permissions.needs import Need

pytestmark = pytest.mark.xdist_group("infra")

NAMES = ResourceNames("production", ACCOUNT)
TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{NAMES.table}"
INDEX = f"{TABLE}/index/{WATCHED_INDEX}"


def put(key: str) -> Need:
    return Need("dynamodb:PutItem", TABLE, (key,))


def get(*keys: str) -> Need:
    return Need("dynamodb:GetItem" if len(keys) == 1 else "dynamodb:BatchGetItem", TABLE, keys)


def query(key: str, on: str = TABLE) -> Need:
    return Need("dynamodb:Query", on, (key,))


def check(key: str) -> Need:
    return Need("dynamodb:ConditionCheckItem", TABLE, (key,))


def inbox(action: str, key: str) -> Need:
    return Need(f"s3:{action}", f"arn:aws:s3:::{NAMES.inbox_bucket}/{key}")


def site(action: str, key: str) -> Need:
    return Need(f"s3:{action}", f"arn:aws:s3:::{NAMES.site_bucket}/{key}")


def config(action: str, key: str) -> Need:
    return Need(f"s3:{action}", f"arn:aws:s3:::{NAMES.config_bucket}/{key}")


def alarm(action: str, name: str) -> Need:
    return Need(f"cloudwatch:{action}", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}")


def health(widget: str) -> str:
    return f"{NAMES.health_alarm_prefix}{widget}-v1.0.0-errors"


def store(action: str) -> Need:
    return Need(f"cloudfront-keyvaluestore:{action}", "arn:of:RouterRoutes")


UPLOAD = inbox("PutObject", "incoming/checkout/1.0.0.tar.gz")
READ_UPLOAD = inbox("GetObject", "incoming/checkout/1.0.0.tar.gz")
PUBLISH = site("PutObject", "checkout/v1.0.0/widget.js")
SCAN = Need("dynamodb:Scan", TABLE)
DELETE_ITEM = Need("dynamodb:DeleteItem", TABLE, ("WIDGET#checkout",))
INVOKE = Need("lambda:InvokeFunction", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{NAMES.function('rollback')}")
EMIT = Need("events:PutEvents", f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{NAMES.bus}")
TOKENS = Need("secretsmanager:GetSecretValue", "arn:of:PageViewsTokenKey")
SECRET = Need("ssm:GetParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/edgeship/production/slack")
ATTACH = Need("iam:AttachUserPolicy", f"arn:aws:iam::{ACCOUNT}:user/ann")
INVALIDATE = Need("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{ACCOUNT}:distribution/arn:of:CdnDistribution")
NOBODY = (SCAN, DELETE_ITEM, INVOKE, TOKENS, SECRET, ATTACH, PUBLISH, config("PutObject", "edge/snapshot.json"))
"""What no policy for people allows."""

PEOPLE: dict[str, tuple[tuple[Need, ...], tuple[Need, ...]]] = {
    "AccessUploader": (
        (
            UPLOAD,
            *(get(key) for key in ("WIDGET#checkout", "REFUSED#checkout", "WIDGETS", "FREEZES", "ENVIRONMENT")),
            query("WIDGET#checkout"),
            site("GetObject", "health/checkout/v1.0.0"),
        ),
        (
            *NOBODY,
            READ_UPLOAD,
            inbox("PutObject", "accepted/checkout/1.0.0.tar.gz"),
            inbox("PutObject", "maps/checkout/v1.0.0/widget.js.map"),
            inbox("GetObject", "maps/checkout/v1.0.0/widget.js.map"),
            inbox("DeleteObject", "incoming/checkout/1.0.0.tar.gz"),
            *(put(key) for key in ("WIDGET#checkout", "FLAGS", "FREEZES", "IDENTITIES", "WIDGETS")),
            *(get(key) for key in ("FLAGS", "IDENTITIES", "NOTIFICATIONS", "ERRORS#checkout", "INBOX")),
            get("WIDGET#checkout", "FLAGS"),
            query("WATCHED", INDEX),
            alarm("PutMetricAlarm", health("checkout")),
            store("GetKey"),
            config("GetObject", "edge/snapshot.json"),
        ),
    ),
    "AccessViewer": (
        (
            *(query(key) for key in ("WIDGET#checkout", "FLAGS", "NOTIFICATIONS", "IDENTITIES", "INBOX", "WIDGETS")),
            get("ERRORS#checkout"),
            query("WATCHED", INDEX),
            inbox("GetObject", "maps/checkout/v1.0.0/widget.js.map"),
            site("GetObject", "health/checkout/v1.0.0"),
        ),
        (
            *NOBODY,
            UPLOAD,
            READ_UPLOAD,
            *(put(key) for key in ("WIDGET#checkout", "FLAGS", "FREEZES", "IDENTITIES", "NOTIFICATIONS")),
            check("WIDGET#checkout"),
            alarm("PutMetricAlarm", health("checkout")),
            # It has the keys of tokens.
            store("GetKey"),
            store("ListKeys"),
        ),
    ),
    "AccessOperator": (
        (
            UPLOAD,
            READ_UPLOAD,
            *(put(key) for key in ("WIDGET#checkout", "FLAGS", "FREEZES", "IDENTITIES", "NOTIFICATIONS")),
            check("FREEZES"),
            alarm("PutMetricAlarm", health("checkout")),
            store("GetKey"),
        ),
        (
            *NOBODY,
            site("DeleteObject", "checkout/v1.0.0/widget.js"),
            alarm("PutMetricAlarm", "edgeship-production-relay-errors"),
            alarm("DeleteAlarms", health("checkout")),
            store("UpdateKeys"),
            EMIT,
            INVALIDATE,
        ),
    ),
    "AccessPruner": (
        (site("DeleteObject", "checkout/v1.0.0/widget.js"),),
        (*NOBODY, site("DeleteObject", "_latest/checkout/widget.js"), put("WIDGET#checkout"), UPLOAD),
    ),
}

_OF_OTHERS = (
    inbox("PutObject", "incoming/chat/1.0.0.tar.gz"),
    # The name of the one begins with that of the other.
    inbox("PutObject", "incoming/checkout-button/1.0.0.tar.gz"),
    *(put(key) for key in ("WIDGET#chat", "WIDGET#checkout-button", "WIDGETS", "FLAGS", "FREEZES", "ENVIRONMENT")),
    *(put(key) for key in ("IDENTITIES", "NOTIFICATIONS", "INBOX", "INVALIDATIONS", "REFUSED#checkout")),
    *(get(key) for key in ("WIDGET#chat", "WIDGET#checkout-button", "REFUSED#chat", "ERRORS#chat", "INBOX")),
    get("WIDGET#checkout", "WIDGET#chat"),
    query("WIDGET#chat"),
    *(query(key, INDEX) for key in ("WATCHED", "LIVE#0", "WAITING", "PREVIEWS", "MISMATCH")),
    check("WIDGET#chat"),
    alarm("PutMetricAlarm", health("chat")),
    alarm("PutMetricAlarm", health("checkout-button")),
    inbox("GetObject", "maps/chat/v1.0.0/widget.js.map"),
    inbox("GetObject", "accepted/chat/1.0.0.tar.gz"),
    store("GetKey"),
)
OF_A_WIDGET: dict[str, tuple[tuple[Need, ...], tuple[Need, ...]]] = {
    "AccessWidgetcheckoutuploader": (
        (UPLOAD, get("WIDGET#checkout"), query("REFUSED#checkout"), get("FREEZES")),
        (*NOBODY, *_OF_OTHERS, READ_UPLOAD, put("WIDGET#checkout"), get("FLAGS"), query("UNDELIVERED", INDEX)),
    ),
    "AccessWidgetcheckoutviewer": (
        (query("WIDGET#checkout"), query("FLAGS"), get("ERRORS#checkout"), query("UNDELIVERED", INDEX)),
        (*NOBODY, *_OF_OTHERS, UPLOAD, put("WIDGET#checkout"), check("WIDGET#checkout")),
    ),
    "AccessWidgetcheckoutoperator": (
        (
            UPLOAD,
            put("WIDGET#checkout"),
            *(check(key) for key in ("WIDGET#checkout", "FREEZES", "ENVIRONMENT")),
            query("FLAGS"),
            alarm("PutMetricAlarm", health("checkout")),
            alarm("PutMetricAlarm", f"{NAMES.health_alarm_prefix}checkout@beta-v1.0.0-errors"),
        ),
        (*NOBODY, *_OF_OTHERS),
    ),
}

WORK: dict[str, Need] = {
    "artifact_upload": PUBLISH,
    "promotion": put("WIDGET#checkout"),
    "rollout": alarm("DeleteAlarms", health("checkout")),
    "propagation": INVALIDATE,
    "relay": EMIT,
    "telemetry": Need("dynamodb:PutItem", TABLE, ("ERRORS#checkout",)),
    "notification": Need("sns:Publish", "arn:of:NotificationsTopic"),
    "edge": config("GetObject", "edge/flags.json.gz"),
}
"""What a function is there for."""
ALSO = {
    # They write the state, each other's rights included.
    "dynamodb:PutItem": {"artifact_upload", "promotion", "rollout", "rollback", "propagation", "telemetry"},
    # Who writes the flags has read them.
    "s3:GetObject": {"edge", "relay"},
}
"""Who may do the work of another, by its action."""


@pytest.mark.parametrize("policy", PEOPLE)
def test_of_every_widget(policy: str, production: Template) -> None:
    _holds(Identity.of_policies(production, policy), *PEOPLE[policy])


@pytest.mark.parametrize("policy", OF_A_WIDGET)
def test_of_one_widget(policy: str, customised: Template) -> None:
    _holds(Identity.of_policies(customised, policy), *OF_A_WIDGET[policy])


def _holds(identity: Identity, allowed: tuple[Need, ...], forbidden: tuple[Need, ...]) -> None:
    assert [need for need in allowed if not identity.may(need)] == []
    assert [need for need in forbidden if identity.may(need)] == []


@pytest.mark.parametrize("function", WORK)
def test_no_function_does_the_work_of_another(function: str, production: Template) -> None:
    work = WORK[function]
    able = {name for name in production.functions() if Identity.of_function(production, name).may(work)}
    assert function in able
    assert able <= ALSO.get(work.action, {function})


def test_no_function_invokes_another_reads_a_secret_of_others_or_manages_permissions(production: Template) -> None:
    """Of the secrets, `notification` reads those of destinations; `relay` and `telemetry` the key of tokens."""
    for need, able in (
        (INVOKE, set()),
        (ATTACH, set()),
        (SCAN, set()),
        (DELETE_ITEM, set()),
        (SECRET, {"notification"}),
        (TOKENS, {"relay", "telemetry"}),
        (site("DeleteObject", "checkout/v1.0.0/widget.js"), set()),
        (UPLOAD, set()),
    ):
        roles = {name for name in production.functions() if Identity.of_function(production, name).may(need)}
        assert roles == able, need
