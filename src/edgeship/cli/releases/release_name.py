"""Which widget and which version a build is: as the command line says, else its `edgeship.json`, else its
`package.json`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgeship.application.releases.collect_folder import unreadable_refused
from edgeship.application.releases.find_package import FoundPackage, entrypoints_inside, find_package
from edgeship.application.releases.pack_bundle import BundleFacts
from edgeship.cli.errors import Usage
from edgeship.cli.releases.build_facts import declared_fields
from edgeship.cli.version_text import version_of
from edgeship.domain.errors import Refused
from edgeship.domain.naming import UPLOADED_MANIFEST_NAME, check_widget
from edgeship.domain.plain_text import quoted
from edgeship.domain.releases.contents.package_json import PACKAGE_NAME
from edgeship.domain.version import Version


@dataclass(frozen=True)
class ReleaseName:
    """`widget_from` and `version_from` are the option, or the path of the file, that says so."""

    widget: str
    version: Version
    widget_from: str
    version_from: str

    @property
    def from_package(self) -> list[str]:
        """What was taken from a file, a line each."""
        said = (("widget", self.widget, self.widget_from), ("version", self.version, self.version_from))
        return [f"{what} {value}: from {source}" for what, value, source in said if not source.startswith("--")]


FROM_GIT = "git's tags"
GitVersion = Callable[[Path, str], Version | None]


def name_release(
    build: Path, folder: Path, widget: str | None, version: str | None, from_git: GitVersion | None = None
) -> ReleaseName:
    """The widget and the version of a build. `folder` is the build, or what its archive holds. `from_git` gives the
    version of a widget's folder where no `package.json` states one; None if git does not know it either.

    Raises:
        Usage: something is left out, and no `package.json` says it. Refused: `widget_invalid`, `version_invalid`,
        `package_invalid`, or what `from_git` is refused with.
    """
    declared = declared_fields(folder)
    if widget is None and version is None and {"widget", "version"} <= declared.keys():
        source = f"{build}: {UPLOADED_MANIFEST_NAME}" if build != folder else str(folder / UPLOADED_MANIFEST_NAME)
        return _checked(str(declared["widget"]), str(declared["version"]), source)
    found = None
    if widget is None or version is None:
        with unreadable_refused():
            found = _found(build, folder)
    source = "" if found is None else f"{build}: {PACKAGE_NAME}" if build != folder else str(found.location)
    proposed = found.package.widget if found else None
    stated = found.package.version if found else None
    if version is None and stated is None and from_git is not None and (widget or proposed):
        named = check_widget(widget or proposed or "")
        described = from_git(folder, named)
        if described is not None:
            return ReleaseName(named, described, "--widget" if widget is not None else source, FROM_GIT)
    for option, given, there in (("--widget", widget, proposed), ("--version", version, stated)):
        if given is None and there is None:
            raise Usage(
                f"{option} is missing, and no {PACKAGE_NAME} says it.",
                f"Give {option}, or a {PACKAGE_NAME} with a name and a version in {build} or beside it.",
            )
    try:
        return ReleaseName(
            check_widget(widget if widget is not None else proposed or ""),
            version_of(version) if version is not None else Version.parse(stated or ""),
            widget_from="--widget" if widget is not None else source,
            version_from="--version" if version is not None else source,
        )
    except Refused as refused:
        where = {"widget_invalid": (widget, "--widget"), "version_invalid": (version, "--version")}
        given, option = where[refused.code]
        if given is not None:
            raise
        raise _in_file(refused, source, option) from None


def _checked(widget: str, version: str, source: str) -> ReleaseName:
    try:
        return ReleaseName(check_widget(widget), Version.parse(version), source, source)
    except Refused as refused:
        raise _in_file(refused, source, f"--{refused.code.removesuffix('_invalid')}") from None


def _in_file(refused: Refused, source: str, option: str) -> Refused:
    return Refused(refused.code, f"{quoted(source)}: {refused.reason}", f"{refused.remedy} Or give {option}.")


def with_package_around(facts: BundleFacts, folder: Path) -> BundleFacts:
    """The facts, with the entrypoints that the package around a `dist` folder names."""
    try:
        found = find_package(folder)
    except (Refused, OSError):  # it is not the bundle's own, so it has to be neither valid nor readable
        return facts
    if found is None or not found.around:
        return facts
    return replace(facts, proposed_around=entrypoints_inside(found.package, folder))


def _found(build: Path, folder: Path) -> FoundPackage | None:
    found = find_package(folder)
    # Around an unpacked archive there is nothing of its own.
    return None if found is not None and found.around and build != folder else found
