"""Write docs/screens.md."""

from tests.screens.document import DOCUMENT, document

DOCUMENT.write_text(document())
