"""References to secrets: where a secret is stored, never the secret itself."""

from __future__ import annotations

import re

REFERENCE = re.compile(
    r"(?P<store>ssm:/|secretsmanager:)edgeship/(?P<environment>[a-z0-9-]{1,20})/(?P<name>[A-Za-z0-9._-]{1,64})"
)
"""A parameter of Parameter Store, or a secret of Secrets Manager, under the environment's own path; both take these
characters.
Sources: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html,
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"""


def reference_fault(reference: object, environment: str) -> str | None:
    """Why `reference` is not a secret that the environment may read; None when it is one.

    A wrong reference may be the secret itself, so the text does not repeat it.
    """
    match = REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
    if match is None:
        names = f"ssm:/edgeship/{environment}/NAME or secretsmanager:edgeship/{environment}/NAME"
        return f"is not a reference: write {names}, where NAME has letters, digits, '.', '_' and '-'"
    if match["environment"] != environment:
        return f"is a secret of {match['environment']}, which {environment} may not read: store its own"
    return None
