"""Values as text for a person."""

from __future__ import annotations

from datetime import UTC, datetime


def size(number_of_bytes: int) -> str:
    """Bytes: 512 B, 3.2 kB, 14.0 MB (powers of 1,000)."""
    if number_of_bytes < 1_000:
        return f"{number_of_bytes} B"
    return f"{number_of_bytes / 1e3:.1f} kB" if number_of_bytes < 1e6 else f"{number_of_bytes / 1e6:.1f} MB"


def number(value: float) -> str:
    """Two decimals at most: 2,345.6."""
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def printable(text: object, keep: str = "") -> str:
    """The text with every control character made visible, except those of `keep`: names and reasons may come from a
    hostile upload."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in str(text))


def cut(text: str, most: int) -> str:
    """The text with at most `most` characters, each of which UTF-8 can carry."""
    shown = text if len(text) <= most else text[: most - 1] + "…"
    return shown.encode("utf-8", "backslashreplace").decode()


def quoted(text: str, most: int = 120) -> str:
    """A name or a value of an upload in quotes, cut after `most` characters, with escapes for what can't be shown."""
    return repr(text) if len(text) <= most else repr(text[:most] + "…")


def span(seconds: float) -> str:
    """A time in its two largest units: 45 s, 12 min, 3 h 20 min, 2 d 4 h."""
    whole = max(0, int(seconds))
    for unit, length, smaller, part in (("d", 86_400, "h", 3_600), ("h", 3_600, "min", 60)):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {unit} {rest} {smaller}" if rest else f"{whole // length} {unit}"
    return f"{whole // 60} min" if whole >= 60 else f"{whole} s"


def ago(timestamp: str | None, now: datetime) -> str:
    """An RFC 3339 time for a person, from `now` (aware): `3 h 20 min ago`, `in 2 d`."""
    if not timestamp:
        return "-"
    seconds = (now - datetime.fromisoformat(timestamp)).total_seconds()
    if -1 < seconds < 1:
        return "just now"
    return f"{span(seconds)} ago" if seconds >= 0 else f"in {span(-seconds)}"


def when(timestamp: str | None) -> str:
    """An RFC 3339 time for a person: UTC, to the second."""
    if not timestamp:
        return "-"
    return datetime.fromisoformat(timestamp).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def who(actor: str) -> str:
    """An actor without the account and the service of its ARN: `user/ann`, `Admin/ann` of an assumed role
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
    return actor.split(":", 5)[-1].removeprefix("assumed-role/") if actor.startswith("arn:") else actor
