"""The tables of docs/security.md, made from a template: who may do what, and who may reach a resource from outside.

`python -m tests.infra.permissions_table` synthesises the stack and writes them into the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.infra.contexts import ACCOUNT, REQUIRED
from tests.infra.template import Template, listed
from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "security.md"

ENVIRONMENT = REQUIRED["environment"]
POLICIES = {
    "AccessUploader": "the *uploader* policy",
    "AccessViewer": "the *viewer* policy",
    "AccessOperator": "the *operator* policy",
    "AccessPruner": "the *pruner* policy",
    "AccessPreviewer": "the *previewer* policy",
}
POLICIES_OF_A_WIDGET = {
    f"AccessWidgetcheckout{name}": f"`edgeship-ENV.checkout.{name}`" for name in ("uploader", "viewer", "operator")
}
"""Those of another widget are the same with its name."""

_NAMES = f"edgeship-{ENVIRONMENT}"
_ON_OBJECTS = re.compile(rf"arn:aws:s3:::{_NAMES}-([\w-]+)-{ACCOUNT}(?:/(.+))?")
_IN_WORDS: tuple[tuple[str, str], ...] = (
    (rf"arn:aws:dynamodb:[\w-]+:\d+:table/{_NAMES}", "the table"),
    (rf"arn:aws:dynamodb:[\w-]+:\d+:table/{_NAMES}-views", "the table of page views"),
    (r"arn:of:PageViewsTokenKey", "the master key of tokens"),
    (rf"arn:aws:dynamodb:[\w-]+:\d+:table/{_NAMES}/index/(\w+)", r"the table's index `\1`"),
    (r"arn:of:StateTable", "the table's stream"),
    (r"arn:of:RouterRoutes", "the edge's store"),
    (r"arn:of:PreviewCdnStore", "the previews' store"),
    (rf"arn:aws:events:[\w-]+:\d+:event-bus/{_NAMES}", "the bus"),
    (rf"arn:aws:cloudwatch:[\w-]+:\d+:alarm:{_NAMES}-(.+)", r"alarms `edgeship-ENV-\1`"),
    (r"arn:aws:cloudwatch:[\w-]+:\d+:alarm:\*", "every alarm of the account"),
    (r"arn:of:\w+Logs", "its log group"),
    (rf"arn:aws:logs:[\w-]+:\d+:log-group:/aws/lambda/{_NAMES}-[\w-]+:\*", "the functions' log groups"),
    (rf"arn:aws:logs:\*:\d+:log-group:/aws/lambda/us-east-1\.{_NAMES}-\w+-\*", "its log group, in every Region"),
    (r"arn:of:(\w+(?:Failures|Undelivered|Poison|Queue))", r"queue `\1`"),
    (r"arn:of:(\w+Topic)", r"topic `\1`"),
    (r"arn:aws:cloudfront::\d+:distribution/arn:of:CdnDistribution", "the distribution"),
    (rf"arn:aws:ssm:[\w-]+:\d+:parameter/edgeship/{ENVIRONMENT}/(.+)", r"parameters `/edgeship/ENV/\1`"),
    (rf"arn:aws:secretsmanager:[\w-]+:\d+:secret:edgeship/{ENVIRONMENT}/(.+)", r"secrets `edgeship/ENV/\1`"),
    (rf"arn:aws:cloudformation:[\w-]+:\d+:stack/{_NAMES}/\*", "the stack"),
    (rf"arn:aws:cloudformation:[\w-]+:\d+:stack/{_NAMES}-edge-[\w-]+/\*", "the stacks of further Regions"),
    (r"arn:aws:servicequotas:[\w-]+:\d+:lambda/[\w-]+", "the account's quota of concurrent executions"),
)
WITHOUT_RESOURCE = {
    "cloudwatch:GetMetricData": "every metric of the account",
    "dynamodb:ListStreams": "the account's streams",
    "lambda:GetAccountSettings": "the account's limits of Lambda",
    "sqs:ListQueues": "the names of the account's queues",
    "xray:PutTelemetryRecords": "the account's traces",
    "xray:PutTraceSegments": "the account's traces",
}
"""Actions that IAM allows on `*` alone."""

_SERVICES = {
    "cloudfront.amazonaws.com": "CloudFront",
    "cloudwatch.amazonaws.com": "CloudWatch",
    "events.amazonaws.com": "EventBridge",
    "logging.s3.amazonaws.com": "S3's access logs",
}
_CONDITIONS = {
    ("Bool", "aws:SecureTransport", "false"): "over plain HTTP",
    ("NumericLessThan", "s3:TlsVersion", "1.2"): "with a TLS version below 1.2",
    ("StringEquals", "aws:SourceAccount", ACCOUNT): "for this account",
}
_SOURCES = {
    "AWS::S3::Bucket": "for a bucket of this stack",
    "AWS::Events::Rule": "for a rule of this stack",
    "AWS::CloudFront::Distribution": "for this stack's distribution",
}


@dataclass(frozen=True)
class Row:
    """One line: `who` may (or may not) do `actions` on `resources`, all in words."""

    who: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    when: str = ""
    denied: bool = False


def identity_rows(template: Template) -> list[Row]:
    """What the policies and each function's role allow.

    Raises:
        ValueError: a resource that this module has no words for.
    """
    rows = []
    for prefix, who in POLICIES.items():
        rows += _rows(template, who, [s for key, s in template.statements() if key.startswith(prefix)])
    for name in sorted(template.functions()):
        rows += _rows(template, f"`{name}`", template.role_statements(name))
    return rows


def rows_of_a_widget(template: Template) -> list[Row]:
    """What the policies of one widget allow.

    Raises:
        ValueError: as `identity_rows`.
    """
    return [
        row
        for prefix, who in POLICIES_OF_A_WIDGET.items()
        for row in _rows(template, who, [s for key, s in template.statements() if key.startswith(prefix)])
    ]


def resource_rows(template: Template) -> list[Row]:
    """What the policies of buckets, queues, topics and functions allow and deny to others than the roles.

    Raises:
        ValueError: a principal, a condition or a resource that this module has no words for.
    """
    found: dict[tuple[str, tuple[str, ...], str, bool], set[str]] = {}
    for who, actions, resource, when, denied in _resource_statements(template):
        found.setdefault((who, actions, when, denied), set()).add(resource)
    grouped = [
        Row(who, actions, _collapsed(template, resources), when, denied)
        for (who, actions, when, denied), resources in found.items()
    ]
    return sorted(grouped, key=lambda row: (not row.denied, row.who, row.actions, row.resources))


def markdown(rows: Iterable[Row], *, conditions: bool = False) -> str:
    """A table with one line a row; a `who` stands in its first line alone."""
    lines = (
        ["| who | may | on | when |", "|---|---|---|---|"] if conditions else ["| who | may | on |", "|---|---|---|"]
    )
    before = ""
    for row in rows:
        cells = ["" if row.who == before else row.who, _actions(row), ", ".join(row.resources)]
        lines.append("| " + " | ".join([*cells, row.when] if conditions else cells) + " |")
        before = row.who
    return "\n".join(lines).replace("|  |", "| |")


def blocks(production: Template, customised: Template, previewing: Template) -> dict[str, str]:
    """The tables of the page by the names of their markers; `customised` has every option set but `previews`."""
    plain = identity_rows(production)
    return {
        "roles": markdown(plain),
        "roles-with-options": markdown(row for row in identity_rows(customised) if row not in plain),
        "roles-with-previews": markdown(row for row in identity_rows(previewing) if row not in plain),
        "roles-of-a-widget": markdown(rows_of_a_widget(customised)),
        "resources": markdown(resource_rows(production), conditions=True),
    }


def shown(page: str, block: str) -> str:
    """The table between a block's markers.

    Raises:
        ValueError: the page has no such markers.
    """
    match = re.search(_marked(block), page, flags=re.DOTALL)
    if match is None:
        raise ValueError(f"no markers of the block {block}")
    return match[2]


def _marked(block: str) -> str:
    return rf"(<!-- generated: {block} -->\n\n?)(.*?)(\n\n?<!-- end -->)"


def _actions(row: Row) -> str:
    names = ", ".join(f"`{action}`" for action in row.actions)
    return f"**not** {names}" if row.denied else names


def _rows(template: Template, who: str, statements: Sequence[dict[str, Any]]) -> Iterator[Row]:
    """One row for all resources on which the same actions are allowed under the same condition."""
    actions_on: dict[str, set[str]] = {}
    for statement in statements:
        if statement["Effect"] != "Allow":
            raise ValueError(f"{who}: a role's statement that is no Allow: {statement}")
        for resource in listed(statement["Resource"]):
            for action in listed(statement["Action"]):
                words = _words(template.arn(resource), action) + _partitions(statement)
                actions_on.setdefault(words, set()).add(action)
    resources_of: dict[tuple[str, ...], set[str]] = {}
    for words, actions in actions_on.items():
        resources_of.setdefault(tuple(sorted(actions)), set()).add(words)
    for actions, resources in sorted(resources_of.items()):
        yield Row(who, actions, _collapsed(template, resources))


def _partitions(statement: dict[str, Any]) -> str:
    """In words, the partition keys of the table that a statement is narrowed to; any other condition is unknown."""
    condition = statement.get("Condition")
    if condition is None:
        return ""
    keys = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    if condition != {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}:
        raise ValueError(f"no words for the condition {condition}")
    return f", keys {', '.join(f'`{key}`' for key in keys)} alone"


def _words(arn: str, action: str) -> str:
    """The resource of an action in words; `ENV` stands for the environment's name."""
    if arn == "*" and action in WITHOUT_RESOURCE:
        return WITHOUT_RESOURCE[action]
    match = _ON_OBJECTS.fullmatch(arn)
    if match is not None:
        return f"{match[1]} bucket: `{match[2]}`" if match[2] else f"{match[1]} bucket"
    for pattern, words in _IN_WORDS:
        match = re.fullmatch(pattern, arn)
        if match is not None:
            return match.expand(words)
    raise ValueError(f"no words for the resource {arn} of {action}")


def _collapsed(template: Template, resources: set[str]) -> tuple[str, ...]:
    """Sorted; all the queues of the template, or all of one kind, as one."""
    queues = {f"queue `{key[:-8]}`" for key in template.resources("AWS::SQS::Queue")}
    of_failures = {queue for queue in queues if not queue.endswith("Queue`")}
    kinds = {
        "every queue": queues,
        "every queue of failures": of_failures,
        "every queue `…Undelivered`": {queue for queue in queues if queue.endswith("Undelivered`")},
    }
    for words, kind in kinds.items():
        if len(kind) > 1 and kind <= resources:
            return tuple(sorted(resources - kind | {words}))
    return tuple(sorted(resources))


def _resource_statements(template: Template) -> Iterator[tuple[str, tuple[str, ...], str, str, bool]]:
    for resource in template.body["Resources"].values():
        properties = resource["Properties"]
        if resource["Type"] in ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            for statement in properties["PolicyDocument"]["Statement"]:
                who = _principal(statement["Principal"])
                actions = tuple(sorted(listed(statement["Action"])))
                when = _when(template, statement["Condition"])
                for on in listed(statement["Resource"]):
                    words = _words(template.arn(on), actions[0]).removesuffix(": `*`")
                    yield who, actions, words, when, statement["Effect"] == "Deny"
        elif resource["Type"] == "AWS::Lambda::Permission":
            who = _principal({"Service": properties["Principal"]})
            source = _source(template, properties["SourceArn"])
            through_url = properties.get("InvokedViaFunctionUrl", False)
            when = f"{source}, by the function's URL" if through_url else source
            function = _function(template, properties["FunctionName"]["Fn::GetAtt"][0])
            yield who, (properties["Action"],), f"`{function}`", when, False


def _principal(principal: Any) -> str:
    if principal in ("*", {"AWS": "*"}):
        return "anybody"
    return _SERVICES[principal["Service"]]


def _when(template: Template, condition: dict[str, Any]) -> str:
    words = []
    for operator, tests in condition.items():
        for key, value in tests.items():
            if key.lower() == "aws:sourcearn":
                words.append(_source(template, value))
            else:
                words.append(_CONDITIONS[operator, key, str(value)])
    return ", ".join(sorted(words, reverse=True))


def _source(template: Template, arn: Any) -> str:
    """The kind of the resource on whose behalf a service acts, which is one of this template's."""
    if "Fn::Join" in arn:
        (reference,) = [part["Ref"] for part in arn["Fn::Join"][1] if isinstance(part, dict) and "Cdn" in part["Ref"]]
    else:
        reference = arn["Fn::GetAtt"][0]
    return _SOURCES[template.body["Resources"][reference]["Type"]]


def _function(template: Template, key: str) -> str:
    """A function's folder, by its logical id or that of its URL."""
    resource = template.body["Resources"][key]
    if resource["Type"] == "AWS::Lambda::Url":
        return _function(template, resource["Properties"]["TargetFunctionArn"]["Fn::GetAtt"][0])
    return str(resource["Properties"]["Handler"].split(".")[1])


def write(production: Template, customised: Template, previewing: Template) -> None:
    """Bring the page up to the templates."""
    page = PAGE.read_text("utf-8")
    for block, table in blocks(production, customised, previewing).items():
        shown(page, block)
        page = re.sub(_marked(block), lambda found, table=table: found[1] + table + found[3], page, flags=re.DOTALL)
    PAGE.write_text(page, "utf-8")


def _main() -> None:
    import tempfile
    from pathlib import Path

    from infra.app import build_app
    from tests.infra.contexts import CONTEXTS

    with tempfile.TemporaryDirectory() as folder:
        templates = []
        for name in ("production", "customised", "previewing"):
            build_app(CONTEXTS[name], outdir=str(Path(folder) / name)).synth()
            templates.append(Template(Path(folder) / name, f"edgeship-{ENVIRONMENT}"))
        write(*templates)


if __name__ == "__main__":
    _main()
