"""What the use cases about signatures need from outside, as Protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edgeship.application.transaction import Commits

if TYPE_CHECKING:  # a bundle carries what is imported when it runs
    from edgeship.domain.provenance.identity import IdentitiesRecord
    from edgeship.domain.provenance.signed import NewestStatement
    from edgeship.domain.version import Version


class ProvenanceState(Commits, Protocol):
    """The part of the table about identities and what they signed."""

    def identities(self) -> IdentitiesRecord:
        """The record of the environment; at revision 0 if never written."""

    def newest_statement(self, widget: str) -> NewestStatement:
        """The record of a widget; at revision 0 if never written."""


class KeptFiles(Protocol):
    """The private files that are kept with releases."""

    def read(self, widget: str, version: Version, path: str) -> bytes | None:
        """The file at a path of the bundle; None when there is none."""


class Signer(Protocol):
    """A private key, wherever it lies."""

    @property
    def public_key(self) -> bytes:
        """Its SubjectPublicKeyInfo in DER."""

    def sign(self, message: bytes) -> bytes:
        """A signature by the key's algorithm."""
