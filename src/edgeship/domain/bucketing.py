"""Which users a percentage includes: a salted hash gives every user one of 10,000 buckets, which never changes.

`h` is the first 32 bits of `sha256(user + salt)`, and the bucket is `(h % 100) + (h // 100 % 100) / 100` per cent,
in [0, 100). A user is in when the bucket is below the percentage, so a growing percentage moves nobody out. At whole
percentages that is the rule `int(sha256(userId + flagKey).hex[:8], 16) % 100 + 1 <= percentage`.

Buckets and percentages are counted in hundredths of a per cent here, since 0.07 * 100 is not 7 in floating point.
"""

from __future__ import annotations

from math import ceil
from struct import Struct

try:
    # Python 3.11 has one of its own that hashes a short text in less time than OpenSSL's objects take to make.
    from _sha256 import sha256 as sha256  # type: ignore[import-not-found]
except ImportError:
    from hashlib import sha256 as sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

BUCKETS = 10_000
"""How many buckets there are; one is 0.01 % of the users."""

unpack_digest = Struct(">I16s").unpack_from
"""A SHA-256 digest as (the 32 bits that choose the bucket, the 16 bytes after them)."""

unpack_head = Struct(">IB27x").unpack
"""The same, but of the 16 bytes the first alone: it takes half the time."""


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate, which JSON can contain, is encoded as well, not refused."""
    return text.encode("utf-8", "surrogatepass")


def bucket(user: str, salt: str) -> int:
    """The bucket of `user` under `salt`: hundredths of a per cent, 0 to 9,999.

    The salt of a flag is its key; that of a rollout names the widget, the channel and the candidate.
    """
    return bucket_of(unpack_digest(sha256(encode(user + salt)).digest())[0])


def rollout_salt(widget: str, channel: str, candidate: object) -> str:
    """The salt of a rollout: another candidate gets other users."""
    return f"{widget}/{channel}/{candidate}"


def salt_of_testers(widget: str) -> str:
    """The salt of the tokens of a widget's testers: no candidate, channel or flag has it."""
    return f"{widget}/testers"


def bucket_of(h: int) -> int:
    """The bucket of 32 bits of hash."""
    return h % 100 * 100 + h // 100 % 100


def is_in(user: str, salt: str, percentage: float) -> bool:
    """Whether `percentage` per cent of the users, in steps of 0.01, include `user`.

    Raises:
        ValueError: not a percentage; see `hundredths`.
    """
    return bucket(user, salt) < hundredths(percentage)


def hundredths(percentage: float) -> int:
    """The percentage as a count of buckets: `hundredths(0.07) == 7`.

    Raises:
        ValueError: outside of 0 to 100, or finer than 0.01.
    """
    if isinstance(percentage, bool) or not isinstance(percentage, int | float) or not 0 <= percentage <= 100:
        raise ValueError(f"{percentage!r:.40} is not a percentage from 0 to 100")
    count = round(percentage * 100)
    # The bound separates a rounding error (0.07 * 100) from a finer step (0.071 * 100).
    if abs(percentage * 100 - count) > 1e-8:
        raise ValueError(f"{percentage!r} is finer than steps of 0.01")
    return count


def share_ends(weights: Iterable[float]) -> list[int]:
    """Where each share of the buckets ends, in the order of the weights: a bucket is in the first share whose end is
    above it. The last end is `BUCKETS`; the weights add up to more than 0."""
    sums: list[float] = []
    for weight in weights:
        sums.append(weight + (sums[-1] if sums else 0))
    # Rounded, since 0.07 of 10,000 is a little over 700 in floats.
    return [ceil(round(reached * BUCKETS / sums[-1], 6)) for reached in sums]


def user_token(user: str, salt: str) -> str:
    """A token for `user` where the name itself must not appear: 16 bytes of the digest that `bucket` reads, as hex.

    They are the bytes after the four that choose the bucket, so one digest gives both.
    """
    token: bytes = unpack_digest(sha256(encode(user + salt)).digest())[1]
    return token.hex()
