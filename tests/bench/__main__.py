"""python -m tests.bench [NAME...] [--rounds N] [--json FILE]: run benchmarks and print what they found."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from tests.bench import (
    comparison,
    console,
    detection,
    edge,
    edge_flags,
    first_view,
    flags,
    gaps,
    overview,
    propagate,
    rebuild,
    refusals,
    relay,
    router,
    ship,
    telemetry,
    tick,
)
from tests.bench.report import Report

PIPED_WIDTH = 140

Benchmark = Callable[[Callable[[str], None], argparse.Namespace], Report]
BENCHMARKS: dict[str, Benchmark] = {
    "comparison": lambda progress, options: comparison.measure(progress),
    "console": lambda progress, options: console.measure(progress),
    "detection": lambda progress, options: detection.measure(progress),
    "edge": lambda progress, options: edge.measure(progress),
    "edge_flags": lambda progress, options: edge_flags.measure(progress),
    "first_view": lambda progress, options: first_view.measure(progress, options.rounds),
    "flags": lambda progress, options: flags.measure(progress),
    "gaps": lambda progress, options: gaps.measure(progress),
    "overview": lambda progress, options: overview.measure(progress),
    "propagate": lambda progress, options: propagate.measure(progress, options.rounds),
    "rebuild": lambda progress, options: rebuild.measure(progress),
    "refusals": lambda progress, options: refusals.measure(progress),
    "relay": lambda progress, options: relay.measure(progress),
    "router": lambda progress, options: router.measure(progress),
    "ship": lambda progress, options: ship.measure(progress, options.rounds),
    "telemetry": lambda progress, options: telemetry.measure(progress),
    "tick": lambda progress, options: tick.measure(progress),
}


def main(arguments: list[str]) -> int:
    """Run the benchmarks that are named, or all; 1 when a quantity is over its budget."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}")
    console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH, highlight=False)
    reports = []
    for name in dict.fromkeys(options.names) or BENCHMARKS:
        report = BENCHMARKS[name](_teller(name), options)
        console.print(report.shown(), "")
        reports.append(report)
    if options.json:
        machine = {"python": platform.python_version(), "system": platform.system(), "cpus": os.cpu_count()}
        document = {"machine": machine, "benchmarks": [report.to_dict() for report in reports]}
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    over = [row for report in reports for row in report.rows if row.is_over_budget]
    for row in over:
        console.print(
            f"over budget: {row.what}: {row.said(row.value)}, budget {row.said(row.budget)}", style="bold red"
        )
    return 1 if over else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Compare edgeship with its peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument(
        "--rounds",
        type=_rounds,
        default=ship.ROUNDS,
        help="rounds of first_view, propagate and ship (default %(default)s)",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write what was found as JSON")
    return parser


def _rounds(text: str) -> int:
    rounds = int(text)
    if rounds < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return rounds


def _teller(name: str) -> Callable[[str], None]:
    errors, began = Console(stderr=True, highlight=False, style="dim"), time.monotonic()
    return lambda line: errors.print(f"{name} {time.monotonic() - began:6.1f} s  {line}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
