"""A file of JSON lines that is appended to and survives a kill: the spending, and all that was sent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fd_core.durable_file import make_private_folder, sync_folder


class Journal:
    """One file, readable by its owner only. Each line is on the disk before `add` returns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        """Append one line durably. Raises OSError."""
        if self._descriptor is None:
            self._descriptor = self._opened()
        before = os.fstat(self._descriptor).st_size
        data = json.dumps(row, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError:
            os.ftruncate(self._descriptor, before)  # half a line would spoil the one after it
            raise

    def rows(self) -> Iterator[dict[str, Any]]:
        """What was added, in this process or before; lines that can't be read are left out."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        for line in lines:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(row, dict):
                yield row

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int:
        make_private_folder(self.path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            os.write(descriptor, b"\n")  # a line that a kill cut short ends here
        sync_folder(self.path.parent)
        return descriptor
