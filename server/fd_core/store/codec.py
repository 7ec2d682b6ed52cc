"""Events as rows and as JSON, and back, exactly."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, get_args

from fd_core.errors import StoreError
from fd_core.events import Event
from fd_core.plain_data import PlainDataError, from_plain, to_plain

EVENT_VERSION = 1
"""Version of the payloads. A field with a default may be added without raising it."""

KINDS: dict[str, type] = {cls.__name__: cls for cls in get_args(Event)}


@dataclass(frozen=True, slots=True)
class Row:
    """One event as stored: columns to find it by, and `payload`, the event whole as JSON."""

    at: float
    kind: str
    version: int
    project: str | None
    uri: str | None
    suggestion_id: str | None
    payload: str
    digest: str | None = None
    """Of a text that is kept once (`SourceSeen`)."""


def to_row(event: Event) -> Row:
    """The row of an event. Raises StoreError naming the field whose value is not of its type."""
    kind = type(event).__name__
    if kind not in KINDS:
        raise StoreError(f"{kind} is not an event", fix="Report this: it is a fault of FD Prover.")
    try:
        plain = to_plain(event)
    except PlainDataError as error:
        raise StoreError(
            f"event not recorded: {error.what}", fix="Report this: it is a fault of FD Prover."
        ) from error
    if not isinstance(plain["at"], float):
        raise StoreError(f"event not recorded: {kind}.at is {plain['at']}", fix="Set the clock.")
    project, uri, suggestion_id, digest = (
        searchable(getattr(event, name, None))
        for name in ("project", "uri", "suggestion_id", "digest")
    )
    payload = to_json(plain)
    return Row(plain["at"], kind, EVENT_VERSION, project, uri, suggestion_id, payload, digest)


def to_event(kind: str, version: int, payload: str) -> Event:
    """The event of a row. Raises StoreError naming kind and field."""
    if version > EVENT_VERSION or kind not in KINDS:
        raise StoreError(
            f"event of kind {kind}, version {version}, is newer than this FD Prover",
            fix="Upgrade fd-prover.",
        )
    try:
        event: Event = from_plain(KINDS[kind], json.loads(payload))
    except (PlainDataError, ValueError, RecursionError) as error:
        what = error.what if isinstance(error, PlainDataError) else f"{kind}: not JSON: {error}"
        raise StoreError(
            f"event can't be read: {what}",
            fix="The record is damaged; `fd-server events purge` by its time removes it.",
        ) from error
    return event


def to_json(plain: dict[str, Any]) -> str:
    """JSON that a person can read; escaped throughout if it holds what UTF-8 can't."""
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(plain, separators=(",", ":"), allow_nan=False)
    return text


def searchable(value: str | None) -> str | None:
    """As SQLite can hold it: lone surrogates become escapes, in what we store and in what we seek."""
    return value.encode("utf-8", "backslashreplace").decode() if value is not None else None
