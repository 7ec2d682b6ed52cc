"""Whether the user agreed to records: asked once, kept beside the store, the settings above it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal

from fd_core.durable_file import make_private_folder, replace_file
from fd_core.store.faults import translated

Consent = Literal["ask", "yes", "no"]


def consent_file(store: Path) -> Path:
    """Where the answer is kept: `consent.json` beside the store."""
    return store.with_name("consent.json")


def effective(setting: Consent, store: Path) -> Consent:
    """The setting if it says yes or no, else the answer given before, else "ask"."""
    if setting != "ask":
        return setting
    try:
        given = json.loads(consent_file(store).read_text(encoding="utf-8"))["recorded"]
    except (OSError, ValueError, KeyError, TypeError):
        return "ask"
    if not isinstance(given, bool):
        return "ask"
    return "yes" if given else "no"


class Agreement:
    """What `effective` says, for who asks at each event: a look at the file, read if it is another.

    Any window of the user's may give the answer, or take it back.
    """

    def __init__(self) -> None:
        self._seen: object = None
        self._given: Consent = "ask"

    def effective(self, setting: Consent, store: Path) -> Consent:
        """As the function of that name."""
        seen = store, setting, _stamp(consent_file(store))
        if seen != self._seen:
            self._given = effective(setting, store)
            self._seen = seen
        return self._given


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def answer(recorded: bool, store: Path) -> Consent:
    """Keep the user's answer. Raises StoreError if it can't be written."""
    content = json.dumps({"recorded": recorded, "at": time.time()}).encode()
    with translated(consent_file(store), "keeping your answer"):
        make_private_folder(store.parent)
        replace_file(consent_file(store), content)
    return "yes" if recorded else "no"
