"""A JSON lines file that somebody else appends to, read as it grows.

Owns how far it was read. What is damaged is left out and counted; half a line waits for its other
half. A file that was cut, replaced or written anew is read from its beginning again. Memory: one
chunk and one line, whatever the file holds.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 18
_LONGEST_LINE = 1 << 20
_MOST_AT_ONCE = 1 << 25
Begin = Callable[[], None]
Take = Callable[[dict[str, Any]], None]
_SEAM = 64
"""So many bytes before the place that was read to are compared: an edit in place shows there."""


@dataclass(slots=True)
class LinesTail:
    """Reads on from where it was. `damaged` counts what could not be read since the beginning."""

    path: Path
    damaged: int = 0
    _at: int = 0
    _inode: int = -1
    _seam: bytes = b""
    _rest: bytes = b""
    _skips: bool = False

    def read(self, begin: Begin, take: Take) -> None:
        """Give every new object to `take`; `begin` first, if what was taken before counts no more."""
        try:
            file = self.path.open("rb")
        except OSError:
            if self._inode != -1:
                self._forget(begin)
            return
        with file:
            if self._is_another(file):
                self._forget(begin)
            self._inode = os.fstat(file.fileno()).st_ino
            for found in self._objects(file):
                take(found)

    def _is_another(self, file: IO[bytes]) -> bool:
        if self._inode == -1:
            return False
        found = os.fstat(file.fileno())
        if found.st_ino != self._inode or found.st_size < self._at:
            return True
        file.seek(self._at - len(self._seam))
        return file.read(len(self._seam)) != self._seam

    def _forget(self, begin: Begin) -> None:
        self._at, self._inode, self._seam, self._rest = 0, -1, b"", b""
        self._skips, self.damaged = False, 0
        begin()

    def _objects(self, file: IO[bytes]) -> Iterator[dict[str, Any]]:
        file.seek(self._at)
        end = self._at + _MOST_AT_ONCE
        while self._at < end and (chunk := file.read(_CHUNK)):
            self._at += len(chunk)
            self._seam = (self._seam + chunk)[-_SEAM:]
            *lines, self._rest = (self._rest + chunk).split(b"\n")
            for line in lines:
                yield from self._object(line)
            if len(self._rest) > _LONGEST_LINE:
                self._rest, self._skips = b"", True

    def _object(self, line: bytes) -> Iterator[dict[str, Any]]:
        if self._skips:
            self._skips = False
            self.damaged += 1
            return
        if not line.strip():
            return
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            yield found
        else:
            self.damaged += 1
