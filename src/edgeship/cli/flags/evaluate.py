"""edgeship flags evaluate: the edge's answers for many contexts, without the edge."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from edgeship.cli import context
from edgeship.cli.errors import Usage
from edgeship.cli.options import EnvOption
from edgeship.cli.output import Output
from edgeship.domain.flags.answer import Answer
from edgeship.domain.flags.evaluation.compile_flags import ContextInvalid, Flags, compile_flags
from edgeship.domain.flags.records.flag_record import EVALUATORS_KEY, SHARED_KEYS
from edgeship.domain.flags.segments import segments_of
from edgeship.domain.flags.snapshot_entry import snapshot_entry


def evaluate(
    ctx: typer.Context,
    contexts: Annotated[
        str, typer.Option("--contexts", metavar="FILE", help="One OFREP context object a line; - for standard input.")
    ],
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="A flags file. Default: the environment's flags.",
        ),
    ] = None,
    env: EnvOption = None,
) -> None:
    """Evaluate every flag for each context: one JSON line in, one JSON line out, in the same order.

    A context may set its environment and time by the attributes environment and now (ISO 8601). With --file, AWS is
    not called.

    Example:

        edgeship flags evaluate --file flags.json --contexts contexts.jsonl
    """
    from edgeship.bootstrap.runtime import utc_now

    out = context.output(ctx, False)
    entries, environment = _from_file(file) if file else _deployed(ctx, env, out)

    @cache
    def flags(name: str) -> Flags:
        return compile_flags(entries, name)

    with _lines(contexts) as lines:
        for number, raw in enumerate(lines, start=1):
            line = _decoded(raw, number)
            if line.strip():
                asked = _context(line, number)
                name = asked.get("environment", environment)
                now = _now(asked, number) or utc_now()
                compiled = flags(name if isinstance(name, str) else environment)
                try:
                    answers = compiled.evaluate_all(asked, now.timestamp(), public_only=False)
                except ContextInvalid as invalid:
                    raise Usage(f"Line {number} of the contexts: {invalid}.", "A targetingKey is a string.") from None
                sys.stdout.write(_text(_document(asked, answers)) + "\n")


def _from_file(file: Path) -> tuple[dict[str, Any], str]:
    from edgeship.adapters.documents.flags_file import read_flags_file

    flags = read_flags_file(file)
    evaluators = dict(flags.evaluators)
    return {key: snapshot_entry(dict(flag), evaluators, flags.segments) for key, flag in flags.flags.items()}, ""


def _deployed(ctx: typer.Context, env: str | None, out: Output) -> tuple[dict[str, Any], str]:
    target = context.target(ctx, env, out)
    documents = {r.key: dict(r.document) for r in target.operator.state.flags() if r.document is not None}
    evaluators, segments = documents.get(EVALUATORS_KEY, {}), segments_of(documents)
    documents = {key: document for key, document in documents.items() if key not in SHARED_KEYS}
    return {
        key: snapshot_entry(flag, evaluators, segments) for key, flag in documents.items()
    }, target.names.environment


def _lines(contexts: str) -> AbstractContextManager[IO[bytes]]:
    if contexts == "-":
        return nullcontext(sys.stdin.buffer)
    return Path(contexts).open("rb")


def _decoded(raw: bytes, number: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Usage(f"Line {number} of the contexts is not UTF-8.", "Write one object a line.") from None


def _context(line: str, number: int) -> dict[str, Any]:
    """As the edge reads a request's context."""

    def none(name: str) -> None:
        raise ValueError(name)

    try:
        asked = json.loads(line, parse_constant=none)
    except json.JSONDecodeError as fault:
        raise Usage(f"Line {number} of the contexts is not JSON: {fault.msg}.", "Write one object a line.") from None
    except (ValueError, RecursionError):
        raise Usage(
            f"Line {number} of the contexts is not JSON: it has a number of more than 4,300 digits, NaN or Infinity, "
            "or too many levels.",
            "Write one object a line.",
        ) from None
    if not isinstance(asked, dict):
        raise Usage(
            f"Line {number} of the contexts is not an object.", 'Write one object a line: {"targetingKey": "u1"}.'
        )
    return asked


def _now(asked: dict[str, Any], number: int) -> datetime | None:
    text = asked.get("now")
    if text is None:
        return None
    try:
        now = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        now = None
    if now is None or now.tzinfo is None:
        raise Usage(
            f"Line {number} of the contexts has now {text!r}, which is not a time with a zone.",
            "Write it as 2026-11-23T10:00:00Z.",
        )
    return now


def _text(document: dict[str, Any]) -> str:
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a context may hold a lone surrogate, and no output can
        return json.dumps(document)
    return text


def _document(asked: dict[str, Any], answers: Iterable[Answer]) -> dict[str, Any]:
    return {"targetingKey": asked.get("targetingKey"), "flags": [_answer(answer) for answer in answers]}


def _answer(answer: Answer) -> dict[str, Any]:
    outcome = {"value": answer.value} if answer.error_code is None else {"errorCode": answer.error_code}
    return {"key": answer.key, **outcome, "variant": answer.variant, "reason": answer.reason}
