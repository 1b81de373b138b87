"""Buckets that never change, whatever computes them: a change moves users in and out of every running rollout."""

from __future__ import annotations

FLAG_BUCKETS = [
    ("user-1", "new-checkout", 5344, "1026374d4363371488f5ee05d3401909"),
    ("", "flag", 7696, "ae7c4b20518d4d85664f6820aafdf936"),
    ("u1", "beta", 5864, "2282f5bfd85ceec6fd3a926dc4f36732"),
    ("Ärger", "größe", 7839, "8226e495832a1a4401211cf6c554f9d7"),
    ("😀", "x", 2916, "d01d869815a52f43599f9c372ffa4b41"),
    ("\ud800", "x", 9800, "ddd5cec74090929ce28641ce481a688d"),
]
"""User, salt, bucket in hundredths of a per cent, token."""

ROLLOUT_BUCKETS = [
    ("ann", "checkout", "latest", "1.1.0", 6465),
    ("bob", "checkout", "latest", "1.1.0", 9555),
    ("ann", "checkout", "latest", "1.2.0", 7196),
    ("ann", "checkout", "next", "1.1.0", 5561),
    ("ann", "chat", "latest", "1.1.0", 6087),
    ("", "checkout", "latest", "1.1.0", 5975),
    ("anonymous-0123456789abcdef0123456789abcdef", "checkout", "latest", "2.0.0-beta.1", 1097),
    ("\u00e9l\u00e8ve", "checkout", "latest", "1.1.0", 7279),
    ("\ud800", "checkout", "latest", "1.1.0", 5185),
]
"""User, widget, channel, candidate, bucket."""
