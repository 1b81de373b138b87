"""Write the pictures of the README and the docs: `python -m tests.pictures`. It takes some three minutes."""

import tempfile
from pathlib import Path

from tests.pictures.taking import FOLDER, take

with tempfile.TemporaryDirectory() as scratch:
    take(FOLDER, Path(scratch))
