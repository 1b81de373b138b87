"""MurmurHash3, the 32-bit variant for x86 (MurmurHash3_x86_32), which flagd buckets by.

Source: https://github.com/aappleby/smhasher/blob/master/src/MurmurHash3.cpp (public domain).
"""

from __future__ import annotations

_C1 = 0xCC9E2D51
_C2 = 0x1B873593
_MASK = 0xFFFFFFFF


def murmur3_32(data: bytes, seed: int = 0) -> int:
    """The hash, 0 to 2^32 - 1."""
    h = seed
    whole = len(data) & ~3
    for i in range(0, whole, 4):
        h ^= _scramble(int.from_bytes(data[i : i + 4], "little"))
        h = (h << 13 | h >> 19) & _MASK
        h = (h * 5 + 0xE6546B64) & _MASK
    if whole < len(data):
        h ^= _scramble(int.from_bytes(data[whole:], "little"))
    h ^= len(data)
    h ^= h >> 16
    h = h * 0x85EBCA6B & _MASK
    h ^= h >> 13
    h = h * 0xC2B2AE35 & _MASK
    return h ^ h >> 16


def _scramble(k: int) -> int:
    k = k * _C1 & _MASK
    return (k << 15 | k >> 17) * _C2 & _MASK
