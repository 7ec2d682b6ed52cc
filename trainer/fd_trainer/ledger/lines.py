"""One record as one line of JSON, with a checksum: what was written is told from what decayed."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(
    rb'\{"crc":"(?P<crc>[0-9a-f]{8})","kind":"(?P<kind>\w+)","key":"(?P<key>[\w.:-]*)",'
    rb'"data":(?P<data>.*)\}',
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a line is about, read without its content."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Corrupt:
    """A line that is not what was written: `line` counts from 1, `offset` in bytes."""

    file: str
    line: int
    offset: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


def encode(kind: str, key: str, data: Any) -> bytes:
    """A line with its end. `key` is of letters, digits and `_.:-`; `data` is plain JSON data."""
    content = json.dumps(data, separators=(",", ":"), allow_nan=False).encode("ascii")
    crc = _checksum(kind.encode(), key.encode(), content)
    head = f'{{"crc":"{crc:08x}","kind":"{kind}","key":"{key}","data":'.encode()
    if not _LINE.fullmatch(head + b"null}"):
        raise ValueError(f"a ledger has no records of kind {kind!r} under {key!r}")
    return head + content + b"}\n"


def head_of(line: bytes) -> Head | str:
    """Kind and key of a line without its end, or why it is corrupt."""
    found = _LINE.fullmatch(line)
    if found is None:
        return "this is no record"
    if int(found["crc"], 16) != _checksum(found["kind"], found["key"], found["data"]):
        return "its checksum is wrong: the line was changed after it was written"
    return Head(found["kind"].decode(), found["key"].decode())


def data_of(line: bytes) -> Any:
    """The content of a line that `head_of` found good."""
    found = _LINE.fullmatch(line.rstrip(b"\n"))
    assert found is not None
    return json.loads(found["data"])


def _checksum(kind: bytes, key: bytes, data: bytes) -> int:
    return zlib.crc32(b"\x00".join([kind, key, data]))
