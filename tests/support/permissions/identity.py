"""Whom a template gives what, evaluated as IAM evaluates it: by the emulator's engine, which knows conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from edgeship.resource_names import REGION
from tests.infra.contexts import ACCOUNT
from tests.infra.template import Template, listed
from tests.support.permissions.needs import Need


@dataclass(frozen=True)
class Identity:
    """A role of a function, or somebody with policies for people."""

    statements: Sequence[dict[str, Any]]

    @classmethod
    def of_function(cls, template: Template, name: str) -> Self:
        return cls._of(template, template.role_statements(name))

    @classmethod
    def of_policies(cls, template: Template, *prefixes: str) -> Self:
        """By the beginnings of their logical ids."""
        return cls._of(template, [each for key, each in template.statements() if key.startswith(prefixes)])

    @classmethod
    def _of(cls, template: Template, statements: Sequence[dict[str, Any]]) -> Self:
        assert statements
        return cls(
            [
                {**statement, "Resource": [template.arn(resource) for resource in listed(statement["Resource"])]}
                for statement in statements
            ]
        )

    def may(self, need: Need) -> bool:
        context = EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:user/ann",
            principal_type="User",
            principal_account=ACCOUNT,
            action=need.action,
            resource_arn=need.arn,
            region=REGION,
            service_context={"dynamodb:leadingkeys": list(need.keys)} if need.keys else {},
        )
        return bool(evaluate(context, [self._parsed]).decision == "Allow")

    @cached_property
    def _parsed(self) -> Any:
        return parse_policy_document({"Version": "2012-10-17", "Statement": list(self.statements)})
