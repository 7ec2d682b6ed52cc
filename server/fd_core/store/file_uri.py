"""The name by which SQLite opens one file, and no other, whatever characters its path has."""

from __future__ import annotations

from pathlib import Path
from typing import Literal


def file_uri(path: Path, mode: Literal["ro", "rw"]) -> str:
    """For `sqlite3.connect(…, uri=True)`; in neither mode is a file made that is not there.

    Quoted, since an unquoted `#` or `?` ends the path, and what comes after it, the mode too, is lost.
    """
    return f"{path.absolute().as_uri()}?mode={mode}"
