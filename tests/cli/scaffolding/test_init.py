"""`edgeship init`: flags, questions, a second run, and that the other commands read what it wrote."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.cli.command_line import CommandLine
from tests.cli.documentation import assert_as_documented


class Terminal(io.StringIO):
    """A standard input where a person types."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def typing(monkeypatch: pytest.MonkeyPatch) -> object:
    def lines(*typed: str) -> Terminal:
        terminal = Terminal("".join(f"{line}\n" for line in typed))
        monkeypatch.setattr("sys.stdin", terminal)
        return terminal

    return lines


def test_flags_alone(bare: CommandLine) -> None:
    flags = (
        "--widget",
        "checkout",
        "--skeleton",
        "react",
        "--ci",
        "both",
        "--env",
        "shop",
        "--domain",
        "w.example.com",
    )
    done = bare("init", *flags, "-c", "log_retention_days=90", "--json")
    assert done.code == 0
    assert_as_documented(done.document, "edgeship init")
    assert {".gitlab-ci.yml", ".github/workflows/widget.yml", "src/widget.jsx"} <= set(done.document["files"])
    assert all(Path(path).is_file() for path in done.document["files"])
    written = Path("edgeship.toml").read_text()
    assert "log_retention_days = 90\n" in written
    assert '# domain_name = "w.example.com"\n' in written


def test_a_person_is_asked_for_what_is_not_given(bare: CommandLine, typing: object) -> None:
    typing("", "svelte", "vue", "none", "staging", "")  # type: ignore[operator]
    done = bare("init", "--json")
    assert done.code == 0
    assert "One of plain, vite, react, vue, none." in done.err
    shown = {key: done.document[key] for key in ("widget", "skeleton", "ci", "environment")}
    assert shown == {"widget": "here", "skeleton": "vue", "ci": "none", "environment": "staging"}
    assert "src/Widget.vue" in done.document["files"]


def test_a_person_who_leaves_has_written_nothing(bare: CommandLine, typing: object) -> None:
    typing("checkout")  # type: ignore[operator]
    assert bare("init").code != 0
    assert list(Path().iterdir()) == []


def test_nobody_to_ask(bare: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    done = bare("init", "--json")
    assert (done.code, list(Path().iterdir())) == (2, [])
    assert "--yes" in done.document["error"]["remedy"]
    assert bare("init", "--yes").code == 0


def test_a_second_run_overwrites_nothing(bare: CommandLine) -> None:
    assert bare("init", "--yes").code == 0
    Path("src/widget.js").write_text("mine\n")
    done = bare("init", "--yes", "--json")
    assert (done.code, done.document["error"]["code"]) == (1, "files_exist")
    assert Path("src/widget.js").read_text() == "mine\n"
    assert bare("init", "--yes", "--force").code == 0
    assert Path("src/widget.js").read_text() != "mine\n"


def test_another_folder(bare: CommandLine) -> None:
    done = bare("init", "shop/Check Out", "--yes", "--json")
    assert done.document["widget"] == "check-out"
    assert Path("shop/Check Out/edgeship.toml").is_file()
    assert done.document["next"][0] == "cd 'shop/Check Out'"


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--widget", "Check Out"), 1),
        (("--env", "a_b"), 2),
        (("--domain", "https://w.example.com"), 1),
        (("-c", "tracing"), 2),
        (("--skeleton", "svelte"), 2),
    ],
)
def test_what_can_not_be_writes_nothing(bare: CommandLine, flags: tuple[str, ...], code: int) -> None:
    assert bare("init", "--yes", *flags).code == code
    assert list(Path().iterdir()) == []


def test_what_it_wrote_is_packed_as_it_says(bare: CommandLine) -> None:
    """The plain widget needs no build; the workflow's command line names what its build makes."""
    bare("init", "--widget", "checkout", "--yes")
    done = bare("artifact", "src", "--json")
    assert done.code == 0
    assert (done.document["widget"], done.document["version"]) == ("checkout", "1.0.0")
    assert (done.document["entrypoint"], done.document["kind"]) == ("widget.js", "module")
    assert done.document["warnings"] == []
