"""What `edgeship init` writes into a folder: from wishes and templates to files. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from edgeship.domain.deploying.project_file import FILE_NAME
from edgeship.domain.errors import Refused
from edgeship.domain.naming import check_widget


class Skeleton(StrEnum):
    """What a widget is written with."""

    PLAIN = "plain"
    VITE = "vite"
    REACT = "react"
    VUE = "vue"
    NONE = "none"
    """A widget is there already."""


class Ci(StrEnum):
    """Where it is built and published."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BOTH = "both"
    NONE = "none"


WORKFLOWS: Final[Mapping[str, str]] = {"github.yml": ".github/workflows/widget.yml", "gitlab-ci.yml": ".gitlab-ci.yml"}
"""Where each workflow of the templates belongs."""
_OF_CI: Final[Mapping[Ci, tuple[str, ...]]] = {
    Ci.GITHUB: ("github.yml",),
    Ci.GITLAB: ("gitlab-ci.yml",),
    Ci.BOTH: tuple(WORKFLOWS),
    Ci.NONE: (),
}
_RENAMED: Final[Mapping[str, str]] = {"gitignore": ".gitignore"}
"""Names of templates that would mean something where the templates lie."""
_DOMAIN: Final = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")

Templates = Mapping[str, str]
"""Texts by path: `ci/github.yml`, `vite/src/widget.js`."""


@dataclass(frozen=True)
class Wishes:
    """`options` are those of the environment's stack, as `-c key=value` gives them.

    Raises:
        Refused: `widget_invalid`, `domain_invalid`.
    """

    widget: str
    environment: str
    skeleton: Skeleton = Skeleton.PLAIN
    ci: Ci = Ci.GITHUB
    domain: str | None = None
    certificate: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_widget(self.widget)
        if self.domain is not None and not _DOMAIN.fullmatch(self.domain):
            raise Refused(
                "domain_invalid",
                f"The domain {self.domain!r} is no host name.",
                "Write it as widgets.example.com, without https://.",
            )

    @property
    def element(self) -> str:
        """The name of the widget's custom element, which has a hyphen and begins with a letter
        (https://html.spec.whatwg.org/multipage/custom-elements.html#valid-custom-element-name)."""
        named = self.widget if self.widget[0].isalpha() else f"widget-{self.widget}"
        return named if "-" in named else f"{named}-widget"


def files_of(wishes: Wishes, templates: Templates) -> dict[str, str]:
    """The texts to write, by their path in the folder."""
    found = {FILE_NAME: project_text(wishes)}
    for name in _OF_CI[wishes.ci]:
        found[WORKFLOWS[name]] = _filled(templates[f"ci/{name}"], wishes)
    prefix = f"{wishes.skeleton}/"
    for path, text in templates.items():
        if path.startswith(prefix):
            inside = path.removeprefix(prefix)
            found[_RENAMED.get(inside, inside)] = _filled(text, wishes)
    return found


def project_text(wishes: Wishes) -> str:
    """edgeship.toml. A domain without its certificate waits in a comment: no stack takes one without the other."""
    lines = [
        "# The environment that edgeship's commands in this folder act on, and the options of its stack",
        "# (docs/operating.md lists them).",
        f"environment = {_value(wishes.environment)}",
        "",
        f"[environments.{wishes.environment}]",
    ]
    options = dict(wishes.options)
    if wishes.domain and wishes.certificate:
        options |= {"domain_name": wishes.domain, "certificate_arn": wishes.certificate}
    elif "domain_name" not in options:
        lines += [
            "# With the ARN of an ACM certificate of this name in us-east-1:",
            f"# domain_name = {_value(wishes.domain or 'widgets.example.com')}",
            '# certificate_arn = "arn:aws:acm:us-east-1:…"',
        ]
    if wishes.ci is not Ci.NONE:
        options = {"previews": "true", **options}
    lines += [f"{key} = {_value(value)}" for key, value in options.items()]
    return "\n".join(lines) + "\n"


def next_commands(wishes: Wishes) -> list[str]:
    """What to type next, in order."""
    build = [] if wishes.skeleton is Skeleton.NONE else ["npm ci && npm run build"]
    if wishes.skeleton is Skeleton.PLAIN:
        build = []
    folder = {Skeleton.PLAIN: "src"}.get(wishes.skeleton, "dist")
    certificate = []
    if wishes.domain and not wishes.certificate:
        certificate = [
            "aws acm request-certificate --region us-east-1 --validation-method DNS --domain-name " + wishes.domain
        ]
    return [
        *build,
        f"edgeship local up --publish {folder}",
        *certificate,
        f"edgeship deploy --env {wishes.environment}",
        f"edgeship publish {folder} --env {wishes.environment} --wait",
    ]


def _value(text: str) -> str:
    """A value of TOML: true, false and numbers as they are, anything else as a text. JSON's escapes are TOML's, too
    (https://toml.io/en/v1.0.0#string)."""
    return text if text in ("true", "false") or _NUMBER.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _filled(text: str, wishes: Wishes) -> str:
    for name, value in {"WIDGET": wishes.widget, "ELEMENT": wishes.element, "ENVIRONMENT": wishes.environment}.items():
        text = text.replace(f"@{name}@", value)
    return text
