"""docs/security.md says who may do what: what the template gives, and nothing else."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.infra.permissions_table import PAGE, POLICIES, blocks, identity_rows, resource_rows, shown
from tests.infra.template import Template

pytestmark = pytest.mark.xdist_group("infra")


@pytest.mark.parametrize(
    "block", ["roles", "roles-with-options", "roles-with-previews", "roles-of-a-widget", "resources"]
)
def test_the_page_has_the_tables_that_the_templates_give(
    block: str, production: Template, customised: Template, previewing: Template
) -> None:
    made = blocks(production, customised, previewing)[block]
    assert shown(PAGE.read_text("utf-8"), block) == made, (
        "bring docs/security.md up to the template: .venv/bin/python -m tests.infra.permissions_table"
    )


def test_the_page_has_no_other_generated_table(
    production: Template, customised: Template, previewing: Template
) -> None:
    markers = re.findall(r"<!-- generated: ([\w-]+) -->", PAGE.read_text("utf-8"))
    assert sorted(markers) == sorted(blocks(production, customised, previewing))


def test_every_policy_and_every_function_has_rows(previewing: Template) -> None:
    who = {row.who for row in identity_rows(previewing)}
    assert who == {*POLICIES.values(), *(f"`{name}`" for name in previewing.functions())}


def test_no_statement_of_the_template_is_left_out(production: Template) -> None:
    of_roles = sum(len(production.role_statements(name)) for name in production.functions())
    of_policies = sum(key.startswith(tuple(POLICIES)) for key, _ in production.statements())
    assert of_roles + of_policies == sum(1 for _ in production.statements())


def test_no_role_has_a_managed_policy_that_the_table_would_not_show(customised: Template) -> None:
    roles = customised.resources("AWS::IAM::Role").values()
    assert roles
    assert not [role for role in roles if role["Properties"].get("ManagedPolicyArns")]


def _changed(template: Template, folder: Path, change: Callable[[dict[str, Any]], None]) -> Template:
    """A copy of a template with one change, in `folder`."""
    body = copy.deepcopy(template.body)
    change(body["Resources"])
    changed = Template(folder, template.name)
    changed.path.write_text(json.dumps(body), "utf-8")
    return changed


def _policy(resources: dict[str, Any], type_: str, prefix: str) -> list[dict[str, Any]]:
    (policy,) = [r for key, r in resources.items() if r["Type"] == type_ and key.startswith(prefix)]
    statements: list[dict[str, Any]] = policy["Properties"]["PolicyDocument"]["Statement"]
    return statements


def test_a_new_action_of_a_role_changes_the_table(production: Template, tmp_path: Path) -> None:
    def change(resources: dict[str, Any]) -> None:
        statement = _policy(resources, "AWS::IAM::Policy", "PipelinePromotionRole")[0]
        statement["Action"] = [*statement["Action"], "logs:DeleteLogStream"]

    wider = set(identity_rows(_changed(production, tmp_path, change))) - set(identity_rows(production))
    assert [(row.who, row.actions) for row in wider] == [
        ("`promotion`", ("logs:CreateLogStream", "logs:DeleteLogStream", "logs:PutLogEvents"))
    ]


def test_a_new_reader_of_a_bucket_changes_the_table(production: Template, tmp_path: Path) -> None:
    def change(resources: dict[str, Any]) -> None:
        statements = _policy(resources, "AWS::S3::BucketPolicy", "StorageConfig")
        statements.append({**statements[0], "Effect": "Allow", "Action": "s3:GetObject", "Principal": "*"})

    assert resource_rows(_changed(production, tmp_path, change)) != resource_rows(production)


@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:us-east-1:123456789012:key/any"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"},
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::edgeship-production-site-123456789012"},
    ],
)
def test_a_statement_without_words_is_refused(statement: dict[str, str], production: Template, tmp_path: Path) -> None:
    def change(resources: dict[str, Any]) -> None:
        _policy(resources, "AWS::IAM::Policy", "PipelinePromotionRole").append(statement)

    changed = _changed(production, tmp_path, change)
    with pytest.raises(ValueError, match=r"no words|no Allow"):
        identity_rows(changed)
