"""Which of our modules each function's bundle carries: the table in bundle_modules.txt.

`python -m tests.infra.bundle_modules` writes it anew. A line that comes in is looked at like a new dependency.
"""

from __future__ import annotations

from pathlib import Path

from edgeship.resource_names import FUNCTIONS
from infra.app import ROOT
from infra.import_closure import import_closure

TABLE = Path(__file__).with_suffix(".txt")
CARRIED = "x"


def is_listed(path: str) -> bool:
    """`__init__.py` files come with what lies beside them."""
    return path.endswith(".py") and not path.endswith("__init__.py")


def listed() -> dict[str, set[str]]:
    """The modules of each function, by their path in the bundle."""
    (_, *functions), *lines = (line.split() for line in TABLE.read_text("utf-8").splitlines())
    return {
        function: {module for module, *cells in lines if cells[column] == CARRIED}
        for column, function in enumerate(functions)
    }


def render() -> str:
    """A line a module, a column a function."""
    packages = {"functions": ROOT / "functions", "edgeship": ROOT / "src" / "edgeship"}
    carried = {name: import_closure(f"functions.{name}.handler", packages).sources.keys() for name in FUNCTIONS}
    modules = sorted(filter(is_listed, set[str]().union(*carried.values())))
    rows = [["module", *FUNCTIONS]]
    rows += [[module, *(CARRIED if module in carried[name] else "." for name in FUNCTIONS)] for module in modules]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


if __name__ == "__main__":
    TABLE.write_text(render(), "utf-8")
