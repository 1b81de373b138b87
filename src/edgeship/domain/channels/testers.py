"""Testers: users who get a rollout's candidate from its first step on, whatever their bucket.

Nobody's name is stored. A policy has a token of each, made with a salt of the widget, and the edge compares tokens. A
token of a name that can be guessed, such as an e-mail address, can be guessed as well: it is a pseudonym.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgeship.domain.bucketing import encode, salt_of_testers, user_token
from edgeship.domain.errors import Refused

MAX_TESTERS = 300
"""Each is a key of the edge's store while a rollout of the widget runs."""
MAX_NAME_BYTES = 256
"""The router reads no more of a user's name."""


def tokens_of_testers(widget: str, users: Iterable[str]) -> frozenset[str]:
    """The tokens of users, named as pages name them (`?user=`); a user who is named twice counts once.

    Raises:
        Refused: `policy_invalid`.
    """
    named = list(dict.fromkeys(users))
    for user in named:
        if not user:
            raise _invalid("a tester has no name", "Name each as pages do by ?user=.")
        if len(encode(user)) > MAX_NAME_BYTES:
            length = f"{len(encode(user)):,} bytes"
            raise _invalid(f"the tester {user[:40]!r}… has a name of {length}", f"At most {MAX_NAME_BYTES} count.")
    if len(named) > MAX_TESTERS:
        raise _invalid(f"it has {len(named):,} testers", f"Name at most {MAX_TESTERS}; a percentage takes more.")
    return frozenset(user_token(user, salt_of_testers(widget)) for user in named)


def _invalid(what: str, remedy: str) -> Refused:
    return Refused("policy_invalid", f"The policy is not valid: {what}.", remedy)
