"""flagd's own operators of JsonLogic: `fractional`, `starts_with`, `ends_with`, `sem_ver`.

As flagd's pages document them, they answer null to what they can't use. `fractional` hashes a string's UTF-8 bytes.
`fractional_v1` is our name for `fractional` as it was before flagd 0.15: it gives a variant to other users.
Source: https://flagd.dev/reference/custom-operations/fractional-operation/ and its neighbours.
"""

from __future__ import annotations

from edgeship.domain.bucketing import encode
from edgeship.domain.flags.logic.javascript import to_string
from edgeship.domain.flags.logic.murmur3 import murmur3_32
from edgeship.domain.flags.semver import COMPARISONS, MAX_LENGTH, parse
from edgeship.domain.flags.work import spend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from edgeship.domain.flags.work import Work

MAX_WEIGHTS = 2**31 - 1
"""The most that the weights of one `fractional` may sum up to."""


def fractional(data: Any, args: list[Any], work: Work) -> Any:
    """`[by, [variant, weight], ...]`: the variant whose share of the weights holds the hash of `by`.

    Without a string `by`, the flag's key followed by the targetingKey. A weight is 1 when left out, and 0 when
    negative, as one that is computed from the time may become.
    """
    hashed, shares, total = _hashed(data, args, work)
    place = hashed * total >> 32
    for variant, weight in shares:
        place -= weight
        if place < 0:
            return variant
    return None


def fractional_v1(data: Any, args: list[Any], work: Work) -> Any:
    """As `fractional`, by the absolute value of the signed hash in per cent, and with two arguments at least.

    Source: https://github.com/open-feature/flagd (core/pkg/evaluator/fractional.go, before core 0.15).
    """
    hashed, shares, total = _hashed(data, args if len(args) > 1 else [], work)
    bucket = min(hashed, 2**32 - hashed) / (2**31 - 1) * 100
    end = 0.0
    for variant, weight in shares:
        end += 100 * weight / total
        if bucket < end:
            return variant
    return None


def _hashed(data: Any, args: list[Any], work: Work) -> tuple[int, list[tuple[Any, int]], int]:
    """The hash, 0 to 2^32 - 1, the shares and the sum of their weights; no shares where there is nothing to split."""
    nothing: tuple[int, list[tuple[Any, int]], int] = 0, [], 0
    if not args:
        return nothing
    by, *listed = args
    if type(by) is not str:
        if by is not None:
            listed = args
        by = _flag_and_targeting_key(data)
        if by is None:
            return nothing
    shares = [share for share in map(_share, listed) if share is not None]
    total = sum(weight for _, weight in shares)
    if len(shares) < len(listed) or not 0 < total <= MAX_WEIGHTS:
        return nothing
    name = encode(by)
    spend(work, 2 * len(name))
    return murmur3_32(name), shares, total


def starts_with(_: Any, args: list[Any], _work: Work) -> bool | None:
    """`[text, prefix]`."""
    return args[0].startswith(args[1]) if _two_strings(args) else None


def ends_with(_: Any, args: list[Any], _work: Work) -> bool | None:
    """`[text, suffix]`."""
    return args[0].endswith(args[1]) if _two_strings(args) else None


def sem_ver(_: Any, args: list[Any], work: Work) -> bool | None:
    """`[version, operator, version]`."""
    if len(args) != 3:
        return None
    spend(work, 2 * MAX_LENGTH)
    left, right = parse(to_string(args[0])), parse(to_string(args[2]))
    compare = COMPARISONS.get(args[1]) if type(args[1]) is str else None
    if left is None or right is None or compare is None:
        return None
    return bool(compare(left, right))


OPERATORS = {
    "fractional": fractional,
    "fractional_v1": fractional_v1,
    "starts_with": starts_with,
    "ends_with": ends_with,
    "sem_ver": sem_ver,
}


def _flag_and_targeting_key(data: Any) -> str | None:
    if type(data) is not dict or type(data.get("targetingKey")) is not str or not data["targetingKey"]:
        return None
    flagd = data.get("$flagd")
    key = flagd.get("flagKey") if type(flagd) is dict else ""
    return f"{key}{data['targetingKey']}"


def _share(share: Any) -> tuple[Any, int] | None:
    """(variant, weight), None when it isn't a share."""
    if type(share) is not list or not share or type(share[0]) in (list, dict):
        return None
    weight = share[1] if len(share) > 1 and share[1] is not None else 1
    if (type(weight) is not int and type(weight) is not float) or weight != weight or weight > MAX_WEIGHTS:
        return None
    if weight < 0:
        return share[0], 0
    return (share[0], int(weight)) if weight == int(weight) else None


def _two_strings(args: list[Any]) -> bool:
    return len(args) == 2 and type(args[0]) is str and type(args[1]) is str
