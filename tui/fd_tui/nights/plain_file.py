"""Small JSON files of other programs: a table, or nothing where it is absent, damaged or huge."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

from fd_core.plain_data import PlainDataError, from_plain

T = TypeVar("T")
_LARGEST = 32 << 20

Stamp = tuple[int, int, int] | None
"""What changes when a file does; none where there is no file."""


def stamp(path: Path) -> Stamp:
    """Of a file as it is now."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def table(path: Path) -> dict[str, Any] | None:
    """The object that the file holds; none if that can't be read."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def value(cls: type[T], found: object) -> T | None:
    """A dataclass from plain data; unknown fields are a newer version's, wrong ones make it none."""
    try:
        return from_plain(cls, found, ignore_unknown=True)
    except (PlainDataError, RecursionError, OverflowError):
        return None
